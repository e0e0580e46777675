"""What can be done with notes, each inside one transaction that ends with its events."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from services.feedback.media import handlers as media
from services.feedback.media import store as stored_media
from services.feedback.media.domain import NOTE, Attachment
from services.feedback.notes import publishes, store
from services.feedback.notes.domain import NoSuchNote, Note
from services.feedback.requests import store as requests
from services.feedback.requests.domain import NoSuchRequest, NotTheirs, Request
from shared.contracts.feedback import Because
from shared.outbox.append import Outgoing


async def add(connection: asyncpg.Connection, note: Note, request: Request) -> Sequence[Outgoing]:
    """Adds a note with its pictures to a request that is locked; a citizen's is an input. Raises UnusableMedia."""
    await store.add(connection, note)
    pictures = [picture.id for picture in note.media]
    await media.add(connection, Attachment(NOTE, note.id, note.contributor, pictures))
    return [] if note.contributor is None else [publishes.note_posted(note, request)]


async def withdraw(
    connection: asyncpg.Connection, request_id: UUID, note_id: UUID, contributor: str, at: datetime
) -> Sequence[Outgoing]:
    """Deletes a note for the citizen who made it. Raises NoSuchRequest, NoSuchNote or NotTheirs."""
    request = await requests.find(connection, request_id, lock=True)
    if request is None:
        raise NoSuchRequest(f"{request_id}")
    note = await store.find(connection, request_id, note_id)
    if note is None or note.private:
        raise NoSuchNote(f"{note_id}")
    if note.contributor != contributor:
        raise NotTheirs(f"note {note_id} was made with another receipt token")
    await stored_media.orphan(connection, NOTE, [note_id])
    await store.delete(connection, [note_id])
    return [publishes.note_withdrawn(note, request, at, Because.WITHDRAWN)]
