"""The table of ratings."""

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter, itemgetter
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import json

from services.feedback.ratings.domain import Rating
from services.feedback.screening import masked

FIELDS = tuple(field.name for field in fields(Rating))
COLUMNS = ", ".join(FIELDS)
values_of = attrgetter(*FIELDS)

INSERT = f"""
INSERT INTO rating ({COLUMNS})
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::smallint[], $6::timestamptz[], $7::text[],
                     $8::text[], $9::text[], $10::text[], $11::timestamptz[], $12::uuid[], $13::text[], $14::uuid[],
                     $15::jsonb[], $16::text[], $17::timestamptz[])
"""
# Contributors who rate a service again take turns, also across processes: each then finds the one before as current.
# A statement of its own, since the next one must read what the one before left; by order, lest two wait for each other.
TAKE_TURNS = """
SELECT pg_advisory_xact_lock(turn) FROM (
    SELECT DISTINCT hashtextextended(whose || ' ' || service, 0) AS turn
    FROM unnest($1::text[], $2::text[]) AS n (whose, service) ORDER BY turn) turns
"""
REPLACE = f"""
UPDATE rating old SET state = 'replaced', replaced_by = new.by
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS new (by, whose, service)
WHERE old.contributor = new.whose AND old.service_id = new.service AND old.state = 'current'
RETURNING {", ".join(f"old.{name}" for name in FIELDS)}
"""
FIND = f"SELECT {COLUMNS} FROM rating WHERE id = $1"
CLOSED_REQUEST = """
SELECT true FROM request WHERE id = $1 AND contributor = $2 AND service_id = $3 AND status = 'closed'
"""
CURRENT_OF = (
    f"SELECT {COLUMNS} FROM rating WHERE contributor = ANY ($1) AND state = 'current' ORDER BY id DESC LIMIT $2"
)
WITHDRAW = "UPDATE rating SET state = 'withdrawn', withdrawn_at = $2 WHERE id = $1"

ALL_OF = "SELECT to_jsonb(r) AS kept FROM rating r WHERE contributor = ANY ($1) AND {kind} ORDER BY id"
ERASE = f"""
DELETE FROM rating WHERE id IN (
    SELECT id FROM rating WHERE contributor = ANY ($1) AND {{kind}} ORDER BY id LIMIT $2 FOR UPDATE)
RETURNING {COLUMNS}
"""
# Each has an index of its own.
KINDS = ("state = 'current'", "state <> 'current'")

CORRECT = """
UPDATE rating SET comment = $2,
       comment_masked = CASE WHEN comment IS NOT DISTINCT FROM $2 THEN comment_masked ELSE $3 END WHERE id = $1
"""


async def insert(connection: asyncpg.Connection, ratings: Sequence[Rating]) -> None:
    """Adds new ratings. UniqueViolationError where a contributor has a current one of the same service."""
    *columns, aspects, _, hidden = map(list, zip(*map(values_of, ratings), strict=True))
    told = [each and json.encode(each).decode() for each in aspects]
    await connection.execute(INSERT, *columns, told, [masked(rating.comment) for rating in ratings], hidden)


async def replace(connection: asyncpg.Connection, ratings: Sequence[Rating]) -> dict[UUID, Rating]:
    """Ends the current ratings that these replace; returns what was replaced, by the id of the new one."""
    if not ratings:
        return {}
    ids, contributors, services = map(
        list, zip(*map(attrgetter("id", "contributor", "service_id"), ratings), strict=True)
    )
    await connection.execute(TAKE_TURNS, contributors, services)
    replaced = [Rating(**row) for row in await connection.fetch(REPLACE, ids, contributors, services)]
    return {rating.replaced_by: rating for rating in replaced if rating.replaced_by is not None}


async def find(connection: asyncpg.Connection, rating_id: UUID, *, lock: bool = False) -> Rating | None:
    """A rating; with `lock`, nobody else changes it until the transaction ends."""
    row = await connection.fetchrow(FIND + (" FOR UPDATE" if lock else ""), rating_id)
    return None if row is None else Rating(**row)


async def current_of(connection: asyncpg.Connection, contributors: Sequence[str], limit: int) -> list[Rating]:
    """The ratings of contributors that count, the newest first."""
    return [Rating(**row) for row in await connection.fetch(CURRENT_OF, contributors, limit)]


async def all_of(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[dict[str, Any]]:
    """All that is kept of the ratings of contributors, as JSON has it, the oldest first."""
    rows = [row for kind in KINDS for row in await connection.fetch(ALL_OF.format(kind=kind), contributors)]
    return sorted((row["kept"] for row in rows), key=itemgetter("id"))


async def erase(connection: asyncpg.Connection, contributors: Sequence[str], most: int) -> list[Rating]:
    """Deletes ratings of contributors, up to so many; returns what they were."""
    for kind in KINDS:
        if rows := await connection.fetch(ERASE.format(kind=kind), contributors, most):
            return [Rating(**row) for row in rows]
    return []


async def has_closed_request(connection: asyncpg.Connection, rating: Rating) -> bool:
    """Whether the request that a rating names is closed, of the same service and by the same contributor."""
    told = (rating.request_id, rating.contributor, rating.service_id)
    return await connection.fetchval(CLOSED_REQUEST, *told) is True


async def withdraw(connection: asyncpg.Connection, rating: Rating) -> None:
    """Records that a rating was withdrawn."""
    await connection.execute(WITHDRAW, rating.id, rating.withdrawn_at)


async def correct(connection: asyncpg.Connection, rating: Rating) -> None:
    """Records what a rating says now."""
    await connection.execute(CORRECT, rating.id, rating.comment, masked(rating.comment))
