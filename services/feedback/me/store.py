"""The table of erasures, and where pseudonyms can be."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

# A service may be known before the jurisdiction that it names.
JURISDICTIONS = "SELECT id FROM jurisdiction UNION SELECT jurisdiction_id FROM service"
ADD = "INSERT INTO erasure (id, givers, pseudonyms, asked_at) VALUES ($1, $2, $3, $4)"
FIND = "SELECT id, asked_at, inputs, done_at FROM erasure WHERE id = $1"
UNDER_WAY = "SELECT id FROM erasure WHERE done_at IS NULL ORDER BY asked_at"
TAKE = "SELECT givers, pseudonyms FROM erasure WHERE id = $1 AND done_at IS NULL FOR UPDATE SKIP LOCKED"
COUNT = "UPDATE erasure SET inputs = inputs + $2 WHERE id = $1"
FORGET_KEYS = "DELETE FROM idempotency WHERE contributor = ANY ($1) OR scope = ANY ($1::text[])"
DONE = "UPDATE erasure SET done_at = $2, givers = '{}', pseudonyms = '{}' WHERE id = $1"


class Erasure(NamedTuple):
    """How far one has come: how many inputs are gone, and when the last one was."""

    id: UUID
    asked_at: datetime
    inputs: int
    done_at: datetime | None


class Whose(NamedTuple):
    """Whose input goes: contributors, and what rows call them."""

    givers: Sequence[UUID]
    pseudonyms: Sequence[str]


async def jurisdictions(connection: asyncpg.Connection) -> list[str]:
    """Every jurisdiction in which somebody may have given something."""
    return [row["id"] for row in await connection.fetch(JURISDICTIONS)]


async def add(connection: asyncpg.Connection, erasure: Erasure, whose: Whose) -> None:
    """Notes an erasure: from its commit on it is under way."""
    await connection.execute(ADD, erasure.id, whose.givers, whose.pseudonyms, erasure.asked_at)


async def find(connection: asyncpg.Connection, erasure_id: UUID) -> Erasure | None:
    row = await connection.fetchrow(FIND, erasure_id)
    return None if row is None else Erasure(**row)


async def under_way(connection: asyncpg.Connection) -> list[UUID]:
    """Erasures that are not done, the oldest first."""
    return [row["id"] for row in await connection.fetch(UNDER_WAY)]


async def take(connection: asyncpg.Connection, erasure_id: UUID) -> Whose | None:
    """Whose input goes; None where it is done, or another process works on it. Nobody else will until the end."""
    row = await connection.fetchrow(TAKE, erasure_id)
    return None if row is None else Whose(**row)


async def count(connection: asyncpg.Connection, erasure_id: UUID, inputs: int) -> None:
    """Notes that so many more are gone."""
    await connection.execute(COUNT, erasure_id, inputs)


async def finish(connection: asyncpg.Connection, erasure_id: UUID, whose: Whose, at: datetime) -> None:
    """Forgets the answers that were kept for repeated requests, and whose input it was."""
    await connection.execute(FORGET_KEYS, whose.givers)
    await connection.execute(DONE, erasure_id, at)
