"""Closing calls whose time is over."""

import asyncio
from datetime import UTC, datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.calls import handlers
from shared.database import TRANSIENT, transaction

log = structlog.get_logger()

EVERY_SECONDS = 5
AT_ONCE = 100


async def close_calls(engine: AsyncEngine) -> None:
    """Works until cancelled; a fault of the database is left for the next time. Several may work side by side."""
    while True:
        try:
            while await close_some(engine) == AT_ONCE:
                pass
        except TRANSIENT as error:
            log.warning("calls were not closed", error=repr(error))
        await asyncio.sleep(EVERY_SECONDS)


async def close_some(engine: AsyncEngine) -> int:
    """Closes some calls that are over, in one transaction; returns how many."""
    async with transaction(engine) as database:
        return await handlers.close_overdue(database, datetime.now(UTC), AT_ONCE)
