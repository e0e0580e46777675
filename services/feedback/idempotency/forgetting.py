"""Forgetting idempotency keys that no caller may count on any more."""

import asyncio

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.idempotency import store
from services.feedback.idempotency.domain import KEPT
from shared.database import TRANSIENT, connection

log = structlog.get_logger()

EVERY_SECONDS = 600


async def forget_old_keys(engine: AsyncEngine) -> None:
    """Works until cancelled; a fault of the database is left for the next time."""
    while True:
        try:
            async with connection(engine) as database:
                await store.forget(database, KEPT)
        except TRANSIENT as error:
            log.warning("idempotency keys were not cleaned up", error=repr(error))
        await asyncio.sleep(EVERY_SECONDS)
