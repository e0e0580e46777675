"""Sweeps away pictures that were never attached, and deletes from the storage what nothing refers to."""

import asyncio

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.media import store
from services.feedback.media.domain import UNATTACHED_FOR
from services.feedback.media.storage import Storage, StorageUnavailable
from shared import failpoints
from shared.database import TRANSIENT, transaction

log = structlog.get_logger()

EVERY_SECONDS = 10.0
CHUNK = 200


async def sweep_media(engine: AsyncEngine, storage: Storage) -> None:
    """Works until cancelled; what fails is left for the next time."""
    while True:
        try:
            await sweep(engine, storage)
        except (*TRANSIENT, StorageUnavailable) as error:
            log.warning("pictures are swept later", error=repr(error))
        await asyncio.sleep(EVERY_SECONDS)


async def sweep(engine: AsyncEngine, storage: Storage) -> None:
    """All that is to be swept now. Raises StorageUnavailable."""
    more = True
    while more:
        async with transaction(engine) as database:
            more = bool(await store.throw_away_unattached(database, UNATTACHED_FOR, CHUNK))
    while await _delete_some(engine, storage):
        failpoints.hit("sweeping.after_commit")


async def _delete_some(engine: AsyncEngine, storage: Storage) -> bool:
    """Deletes a chunk from the storage, then from the list. What dies between is done again."""
    async with transaction(engine) as database:
        due = await store.due(database, CHUNK)
        await storage.delete(due)
        await store.deleted(database, due)
    return bool(due)
