"""Closing consultations that are over: nobody waits for it, for answers are refused by the clock of the database."""

import asyncio
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.consultations import handlers, store
from shared.database import TRANSIENT, connection, transaction
from shared.outbox.append import append

log = structlog.get_logger()

EVERY_SECONDS = 5
AT_ONCE = 100


async def close_ended(engine: AsyncEngine) -> None:
    """Works until cancelled; a fault of the database is left for the next time."""
    while True:
        try:
            await close_all(engine)
        except TRANSIENT as error:
            log.warning("consultations were not closed", error=repr(error))
        await asyncio.sleep(EVERY_SECONDS)


async def close_all(engine: AsyncEngine) -> None:
    """Closes what is over."""
    while True:
        async with connection(engine) as database:
            due = await store.due(database, AT_ONCE)
        for consultation_id in due:
            await close(engine, consultation_id)
        if len(due) < AT_ONCE:
            return


async def close(engine: AsyncEngine, consultation_id: UUID) -> None:
    """Closes a consultation if it is over and nobody has done so."""
    async with transaction(engine) as database:
        await append(database, await handlers.close(database, consultation_id))
