"""The names and texts that a mail quotes: as the public may read them now, and nothing that is hidden."""

from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.notices import store
from services.feedback.notices.domain import Subject


class Told(NamedTuple):
    """What news is about, and the text that belongs to it."""

    name: str
    text: str | None


async def name(connection: asyncpg.Connection, subject: Subject) -> str:
    """How a subject is called."""
    found = await store.name(connection, subject)
    return found or subject.id


async def told(connection: asyncpg.Connection, row: asyncpg.Record) -> Told:
    """What can be told of a row of news; the name alone where its text is gone by now."""
    subject = Subject(row["about_kind"], row["about_id"])
    text = None
    if row["event"] in ("request-answered", "request-closed"):
        text = await store.answer(connection, UUID(subject.id), row["at"])
    if row["event"] == "proposal-decided":
        text = await store.reasons(connection, UUID(subject.id))
    return Told(await name(connection, subject), text)


async def invitation(connection: asyncpg.Connection, request_id: UUID, contributor: str) -> UUID | None:
    """The invitation of a closed request, for whoever made it."""
    return await store.invitation(connection, request_id, contributor)
