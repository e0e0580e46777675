"""Work with large libraries, done by a process of its own, so that the one that serves stays small."""

import asyncio
import sys
from asyncio.subprocess import PIPE

from shared.problems import Problem

SECONDS = 120
AT_ONCE = 1
MOST_WAITING = 20


class Apart:
    """Runs modules that make bytes of bytes, few at once."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def run(self, module: str, content: bytes) -> bytes:
        """What the module writes to its output, given `content` as its input. A problem where too many are waiting."""
        if self._waiting >= MOST_WAITING:
            raise Problem(503, "too-busy", "Too many are waiting for this", "Come again in a minute")
        self._waiting += 1
        try:
            async with self._turns:
                return await _run(module, content)
        finally:
            self._waiting -= 1


async def _run(module: str, content: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    try:
        async with asyncio.timeout(SECONDS):
            made, said = await process.communicate(content)
    except TimeoutError as error:
        raise Problem(503, "too-busy", "That takes too long", f"more than {SECONDS} seconds") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"{module}: {said.decode(errors='replace')[-2_000:]}")
    return made
