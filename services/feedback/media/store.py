"""The tables of pictures and of what is to be deleted from their storage."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.media.domain import UNATTACHED_FOR, Attachment, Picture

EXPECT = "INSERT INTO media_garbage (id, due_at) SELECT unnest($1::uuid[]), now() + $2::interval"
UNWANTED = "UPDATE media_garbage SET due_at = now() WHERE id = ANY ($1::uuid[])"
ARRIVED = "DELETE FROM media_garbage WHERE id = ANY ($1::uuid[])"
ADD = """
INSERT INTO media (id, width, height, contributor, author)
SELECT n.*, $4, $5 FROM unnest($1::uuid[], $2::integer[], $3::integer[]) AS n (id, width, height)
"""
# In the order of ids, so that two who want the same ones do not wait for each other.
LOCK_FREE = "SELECT id FROM media WHERE id = ANY ($1::uuid[]) AND owner_id IS NULL ORDER BY id FOR UPDATE"
ATTACH = """
UPDATE media SET owner_kind = $1, owner_id = $2, contributor = $3, position = $4 + array_position($5::uuid[], id)
WHERE id = ANY ($5::uuid[])
"""
COUNT = "SELECT count(*) FROM media WHERE owner_kind = $1 AND owner_id = $2"
FIND = """
SELECT id, width, height, contributor, owner_kind, owner_id, hidden_at IS NOT NULL FROM media
WHERE id = ANY ($1::uuid[])
"""
OF = """
SELECT owner_id, id, width, height FROM media
WHERE owner_id = ANY ($1::uuid[]) AND owner_kind = $2 AND hidden_at IS NULL ORDER BY owner_id, position, id
"""
HIDE = """
UPDATE media SET hidden_at = CASE WHEN $3 THEN coalesce(hidden_at, now()) END
WHERE owner_kind = $1 AND owner_id = ANY ($2::uuid[])
"""
THROW_AWAY = """
WITH gone AS (DELETE FROM media WHERE id IN ({which}) RETURNING id)
INSERT INTO media_garbage (id, due_at) SELECT id, now() FROM gone RETURNING id
"""
ORPHAN = THROW_AWAY.format(
    which="SELECT id FROM media WHERE owner_kind = $1 AND owner_id = ANY ($2::uuid[]) ORDER BY id FOR UPDATE"
)
THROW_AWAY_THESE = THROW_AWAY.format(which="SELECT id FROM media WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE")
THROW_AWAY_OF = THROW_AWAY.format(
    which="SELECT id FROM media WHERE contributor = ANY ($1) AND owner_id IS NULL ORDER BY id LIMIT $2 FOR UPDATE"
)
THROW_AWAY_UNATTACHED = THROW_AWAY.format(
    which="""SELECT id FROM media WHERE owner_id IS NULL AND created_at < now() - $1::interval
             ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED"""
)
OF_CONTRIBUTORS = """
SELECT id, created_at, width, height, owner_kind, owner_id, hidden_at IS NOT NULL AS hidden FROM media
WHERE contributor = ANY ($1) ORDER BY created_at, id
"""
DUE = "SELECT id FROM media_garbage WHERE due_at <= now() ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED"


class Found(NamedTuple):
    """A picture, whose it is, and what it belongs to."""

    picture: Picture
    contributor: str | None
    owner_kind: str | None
    owner_id: UUID | None
    hidden: bool


def pictures(told: Iterable[dict[str, Any]]) -> tuple[Picture, ...]:
    """What `statements.pictures_of` selects."""
    return tuple(Picture(UUID(each["id"]), each["width"], each["height"]) for each in told)


async def expect(connection: asyncpg.Connection, ids: Sequence[UUID]) -> None:
    """Notes what the storage is about to get: it is deleted from there unless it is added in time."""
    await connection.execute(EXPECT, ids, UNATTACHED_FOR)


async def unwanted(connection: asyncpg.Connection, ids: Sequence[UUID]) -> None:
    """Has deleted at once what was expected and will not be added."""
    await connection.execute(UNWANTED, ids)


async def add(
    connection: asyncpg.Connection, kept: Sequence[Picture], contributor: str | None, author: str | None
) -> None:
    """Adds pictures that the storage has."""
    ids = [picture.id for picture in kept]
    await connection.execute(ARRIVED, ids)
    widths, heights = [picture.width for picture in kept], [picture.height for picture in kept]
    await connection.execute(ADD, ids, widths, heights, contributor, author)


async def find(connection: asyncpg.Connection, ids: Sequence[UUID]) -> dict[UUID, Found]:
    """Pictures by their ids, as far as there are any."""
    rows = await connection.fetch(FIND, ids)
    return {row["id"]: Found(Picture(*row[:3]), *row[3:]) for row in rows}


async def lock_free(connection: asyncpg.Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Those that belong to nothing; nobody else attaches them before the transaction ends."""
    return {row["id"] for row in await connection.fetch(LOCK_FREE, ids)}


async def attach(connection: asyncpg.Connection, to: Attachment, after: int) -> None:
    """Attaches pictures that are free and locked, in their order, behind as many as there are."""
    await connection.execute(ATTACH, to.kind, to.owner_id, to.contributor, after, to.pictures)


async def count(connection: asyncpg.Connection, kind: str, owner_id: UUID) -> int:
    """How many pictures something has, hidden ones included."""
    found: int = await connection.fetchval(COUNT, kind, owner_id)
    return found


async def of(connection: asyncpg.Connection, kind: str, owner_ids: Sequence[UUID]) -> dict[UUID, list[Picture]]:
    """The pictures that anybody may see, by what they belong to."""
    found: dict[UUID, list[Picture]] = {}
    for row in await connection.fetch(OF, owner_ids, kind):
        found.setdefault(row["owner_id"], []).append(Picture(row["id"], row["width"], row["height"]))
    return found


async def of_one(connection: asyncpg.Connection, kind: str, owner_id: UUID) -> Sequence[Picture]:
    """The pictures of one thing that anybody may see."""
    return (await of(connection, kind, [owner_id])).get(owner_id, ())


async def hide(connection: asyncpg.Connection, kind: str, owner_ids: Sequence[UUID], *, hidden: bool) -> None:
    """Hides all pictures of something, or shows them again."""
    await connection.execute(HIDE, kind, owner_ids, hidden)


async def orphan(connection: asyncpg.Connection, kind: str, owner_ids: Sequence[UUID]) -> None:
    """Takes the pictures of what is deleted away for good; the storage's part is done after the commit."""
    await connection.execute(ORPHAN, kind, owner_ids)


async def throw_away(connection: asyncpg.Connection, ids: Sequence[UUID]) -> None:
    """Takes pictures away for good."""
    await connection.execute(THROW_AWAY_THESE, ids)


async def throw_away_of(connection: asyncpg.Connection, contributors: Sequence[str], most: int) -> int:
    """Takes away what contributors uploaded and did not attach; returns how many."""
    return len(await connection.fetch(THROW_AWAY_OF, contributors, most))


async def throw_away_unattached(connection: asyncpg.Connection, age: timedelta, most: int) -> int:
    """Takes away what was uploaded long ago and not attached; returns how many."""
    return len(await connection.fetch(THROW_AWAY_UNATTACHED, age, most))


async def of_contributors(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[asyncpg.Record]:
    """All pictures by contributors, the oldest first."""
    return await connection.fetch(OF_CONTRIBUTORS, contributors)


async def due(connection: asyncpg.Connection, most: int) -> list[UUID]:
    """What is to be deleted from the storage now; no other worker does before the transaction ends."""
    return [row["id"] for row in await connection.fetch(DUE, most)]


async def deleted(connection: asyncpg.Connection, ids: Sequence[UUID]) -> None:
    """Notes that the storage has it no longer."""
    await connection.execute(ARRIVED, ids)
