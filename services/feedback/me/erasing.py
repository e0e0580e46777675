"""Erases what people asked to have erased: in the background, a few hundred inputs to a transaction.

Each transaction deletes and tells of it, or does nothing: a process that is killed leaves no half of an input, and
the next one goes on where it ended. An erasure is done once a transaction finds nothing left; nothing comes after,
for its mark was made when nobody wrote for them, and whoever writes looks for the mark.
"""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.me import store
from services.feedback.me.givings import GIVINGS
from shared import failpoints
from shared.database import TRANSIENT, connection, transaction
from shared.outbox.append import append

log = structlog.get_logger()

EVERY_SECONDS = 1.0
CHUNK = 500


async def erase_what_is_asked(engine: AsyncEngine) -> None:
    """Works until cancelled."""
    while True:
        try:
            async with connection(engine) as database:
                waiting = await store.under_way(database)
            for erasure_id in waiting:
                await _erase(engine, erasure_id)
        except TRANSIENT as error:
            log.warning("erasing goes on later", error=repr(error))
        await asyncio.sleep(EVERY_SECONDS)


async def _erase(engine: AsyncEngine, erasure_id: UUID) -> None:
    """All of one erasure. What cannot be erased does not keep others from being so."""
    try:
        while await erase_some(engine, erasure_id):
            failpoints.hit("erasing.after_commit")
    except TRANSIENT:
        raise
    except Exception:
        log.exception("an erasure fails", erasure=str(erasure_id))


async def erase_some(engine: AsyncEngine, erasure_id: UUID) -> bool:
    """Erases a chunk, or notes that nothing is left; returns whether there may be more to do."""
    async with transaction(engine) as database:
        whose = await store.take(database, erasure_id)
        if whose is None:
            return False
        now = datetime.now(UTC)
        for giving in GIVINGS:
            erased = await giving.erase(database, whose.pseudonyms, CHUNK, now)
            if erased.inputs:
                await store.count(database, erasure_id, erased.inputs)
                await append(database, erased.events)
                failpoints.hit("erasing.before_commit")
                return True
        await store.finish(database, erasure_id, whose, now)
        failpoints.hit("erasing.before_done")
    return False
