"""Has files decoded by a process of their own, a few at a time: see pictures.py."""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

from services.feedback.media.domain import DamagedPicture, Decoded, NotAPicture, TooManyPixels
from services.feedback.writes import TooBusy

PROGRAM = str(Path(__file__).with_name("pictures.py"))
SECONDS = 30
AT_ONCE = 2
MOST_WAITING = 100
REFUSALS: dict[str, type[ValueError]] = {"kind": NotAPicture, "pixels": TooManyPixels, "damaged": DamagedPicture}


class Decoder:
    """Decodes few files at once, so that whoever waits for something else does not wait for pictures."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def decode(self, file: "SpooledTemporaryFile[bytes]") -> Decoded:
        """What the file holds. Raises NotAPicture, DamagedPicture, TooManyPixels or TooBusy."""
        if self._waiting >= MOST_WAITING:
            raise TooBusy(f"{MOST_WAITING} pictures are waiting")
        self._waiting += 1
        try:
            async with self._turns:
                return await _decoded(file)
        finally:
            self._waiting -= 1


async def _decoded(file: "SpooledTemporaryFile[bytes]") -> Decoded:
    descriptor = file.fileno()  # from here on it is a file on disk
    file.flush()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", PROGRAM, stdin=descriptor, stdout=PIPE, stderr=DEVNULL, env={}
    )
    try:
        async with asyncio.timeout(SECONDS):
            return await _result(process)
    except (TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
        if isinstance(error, tuple(REFUSALS.values())):
            raise
        raise DamagedPicture("it takes too long, or too much memory, to be read") from error
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _result(process: Process) -> Decoded:
    assert process.stdout is not None
    told: dict[str, Any] = json.loads(await process.stdout.readline())
    if "refused" in told:
        raise REFUSALS[told["refused"]](told["detail"])
    full = await process.stdout.readexactly(told["full"])
    thumbnail = await process.stdout.readexactly(told["thumbnail"])
    return Decoded(told["width"], told["height"], full, thumbnail)
