"""What happens in the catalogue because time passes."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.commitments.overdue import mark_missed
from services.catalog.lifecycle.effect import take_effect
from shared.database import TRANSIENT

log = structlog.get_logger()

EVERY_SECONDS = 1.0
JOBS: tuple[Callable[[AsyncEngine], Awaitable[None]], ...] = (take_effect, mark_missed)


async def run_clock(engine: AsyncEngine) -> None:
    """Looks every second for what is due, until cancelled. Faults are waited out: the relay runs beside it."""
    while True:
        for job in JOBS:
            await _attempt(partial(job, engine))
        await asyncio.sleep(EVERY_SECONDS)


async def _attempt(job: Callable[[], Awaitable[None]]) -> None:
    try:
        await job()
    except Exception as error:
        log.warning("what is due has to wait", error=repr(error), exc_info=not isinstance(error, TRANSIENT))
