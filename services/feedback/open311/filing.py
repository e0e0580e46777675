"""Filing the words of new requests in their index, away from those who report."""

import asyncio

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.open311 import words
from shared.database import TRANSIENT, connection

log = structlog.get_logger()

EVERY_SECONDS = 10


async def file_new_words(engine: AsyncEngine) -> None:
    """Works until cancelled; a fault of the database is left for the next time."""
    while True:
        try:
            async with connection(engine) as database:
                await words.file(database)
        except TRANSIENT as error:
            log.warning("words of requests were not filed", error=repr(error))
        await asyncio.sleep(EVERY_SECONDS)
