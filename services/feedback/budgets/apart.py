"""Has votes counted by another process: two hundred thousand take seconds, and as much memory as all of the API.

The other process reads them itself. Whoever has it count holds the budget locked: what it reads is all there is.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from msgspec import json
from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.budgets.domain import CountingFailed

log = structlog.get_logger()

MODULE = "services.feedback.budgets.counter"
SECONDS = 600


class Outcome(NamedTuple):
    """How many votes were counted, and what became of each project."""

    votes: int
    projects: Sequence[Mapping[str, Any]]


class Counting:
    """Counts one budget at a time."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._database_url = engine.url.render_as_string(hide_password=False)
        self._turn = asyncio.Lock()

    async def of(self, budget_id: UUID) -> Outcome:
        """What the votes on a budget come to, as they are committed. Raises CountingFailed."""
        asked = json.encode({"database_url": self._database_url, "budget_id": budget_id})
        async with self._turn:
            told = json.decode(await _run(asked))
        return Outcome(told["votes"], told["outcome"])


async def _run(asked: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", MODULE, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    try:
        async with asyncio.timeout(SECONDS):
            made, said = await process.communicate(asked)
    except TimeoutError as error:
        raise CountingFailed(f"it took more than {SECONDS} seconds") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        log.error("votes were not counted", code=process.returncode, said=said.decode(errors="replace")[-2_000:])
        raise CountingFailed(f"the process that counts ended with {process.returncode}")
    return made
