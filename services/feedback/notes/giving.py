"""What a contributor can do with all their notes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from services.feedback.me.giving import Erased, Giving
from services.feedback.media import store as media
from services.feedback.media.domain import NOTE
from services.feedback.notes import publishes, store
from services.feedback.requests import store as requests
from shared.contracts.feedback import Because


async def export(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[dict[str, Any]]:
    """All that is kept of their notes."""
    return [
        {"id": note.id, "request_id": note.request_id, "at": note.at, "text": note.text, "channel": note.channel,
         "campaign": note.campaign, "media_urls": list(note.media_urls), "contact": dict(note.contact)}
        for note in await store.of_contributors(connection, contributors)
    ]  # fmt: skip


async def erase(connection: asyncpg.Connection, contributors: Sequence[str], most: int, at: datetime) -> Erased:
    """Deletes their notes with their pictures, the oldest first."""
    notes = await store.of_contributors(connection, contributors, most, lock=True)
    await media.orphan(connection, NOTE, [note.id for note in notes])
    await store.delete(connection, [note.id for note in notes])
    of = {each.id: each for each in await requests.by_ids(connection, [note.request_id for note in notes])}
    events = [publishes.note_withdrawn(note, of[note.request_id], at, Because.ERASED) for note in notes]
    return Erased(len(notes), events)


GIVING = Giving("notes", export, erase)
