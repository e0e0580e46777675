"""The table of notes."""

from collections.abc import Sequence
from operator import attrgetter
from uuid import UUID

import asyncpg
from msgspec import json

from services.feedback.fetching import store as fetching
from services.feedback.fetching.statements import unfetched
from services.feedback.media.domain import NOTE
from services.feedback.media.statements import pictures_of
from services.feedback.notes.domain import Note
from services.feedback.screening import masked

FIELDS = (
    "id", "request_id", "at", "text", "private", "author", "contributor", "state", "media_urls", "contact", "channel",
    "campaign",
)  # fmt: skip
COLUMNS = ", ".join(FIELDS)
MOST_SHOWN = 1_000
values_of = attrgetter(*FIELDS)

ADD = f"""
INSERT INTO request_note ({COLUMNS}, text_masked) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
TOUCH = "UPDATE request SET updated_at = now() WHERE id = $1"
SHOWN = f"""
SELECT n.id, n.at, n.hidden_at IS NOT NULL AS hidden, n.media_urls, n.private, n.author, n.contact, n.text,
       coalesce(n.text_masked, n.text) AS shown, n.contributor,
       {pictures_of("n.id", NOTE)} AS media, {unfetched("n.id")} AS unfetched,
       CASE WHEN n.author IS NOT NULL THEN 'staff' WHEN n.contributor = r.contributor THEN 'reporter' ELSE 'citizen'
       END AS by
FROM request_note n JOIN request r ON r.id = n.request_id WHERE n.request_id = $1
"""
FIND = f"SELECT {COLUMNS} FROM request_note WHERE id = $1 AND request_id = $2 FOR UPDATE"
IDS_OF = "SELECT id FROM request_note WHERE request_id = ANY ($1::uuid[])"
DELETE = "DELETE FROM request_note WHERE id = ANY ($1::uuid[])"
OF_CONTRIBUTORS = f"SELECT {COLUMNS} FROM request_note WHERE contributor = ANY ($1) ORDER BY id"

BY_CITIZENS = f"""
SELECT {COLUMNS} FROM request_note WHERE request_id = ANY ($1::uuid[]) AND contributor IS NOT NULL
ORDER BY id FOR UPDATE
"""


async def add(connection: asyncpg.Connection, note: Note) -> None:
    """Adds a note; a public one is a change of its request."""
    values = list(values_of(note))
    values[9] = json.encode(note.contact).decode()
    await connection.execute(ADD, *values, masked(note.text))
    if note.media_urls:
        await fetching.add(connection, [fetching.Sent(note.request_id, note.media_urls, note_id=note.id)])
    if not note.private:
        await connection.execute(TOUCH, note.request_id)


async def public(
    connection: asyncpg.Connection, request_id: UUID, after: UUID | None = None, limit: int = MOST_SHOWN
) -> list[asyncpg.Record]:
    """The public notes of a request, in the order in which they came, from after the one named."""
    where = "NOT n.private AND ($2::uuid IS NULL OR n.id > $2)"
    return await connection.fetch(f"{SHOWN} AND {where} ORDER BY n.id LIMIT $3", request_id, after, limit)


async def all_of(connection: asyncpg.Connection, request_id: UUID) -> list[asyncpg.Record]:
    """All notes of a request, in the order in which they came; at most 1,000."""
    return await connection.fetch(f"{SHOWN} ORDER BY n.id LIMIT {MOST_SHOWN}", request_id)


async def find(connection: asyncpg.Connection, request_id: UUID, note_id: UUID) -> Note | None:
    """A note of a request; nobody else changes it until the transaction ends."""
    row = await connection.fetchrow(FIND, note_id, request_id)
    return None if row is None else Note(**row)


async def of_contributors(
    connection: asyncpg.Connection, contributors: Sequence[str], most: int | None = None, *, lock: bool = False
) -> list[Note]:
    """Notes by contributors, the oldest first; with `lock`, in the order of their ids."""
    rows = await connection.fetch(f"{OF_CONTRIBUTORS} LIMIT $2{' FOR UPDATE' if lock else ''}", contributors, most)
    return [Note(**row) for row in rows]


async def by_citizens(connection: asyncpg.Connection, request_ids: Sequence[UUID]) -> list[Note]:
    """What citizens added to requests; nobody else changes it until the transaction ends."""
    return [Note(**row) for row in await connection.fetch(BY_CITIZENS, request_ids)]


async def ids_of(connection: asyncpg.Connection, request_ids: Sequence[UUID]) -> list[UUID]:
    """All notes of requests, by whomever."""
    return [row["id"] for row in await connection.fetch(IDS_OF, request_ids)]


async def delete(connection: asyncpg.Connection, ids: Sequence[UUID]) -> None:
    """Takes notes away for good."""
    await connection.execute(DELETE, ids)
