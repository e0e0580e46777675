"""The table of supports."""

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from uuid import UUID

import asyncpg

from services.feedback.proposals.supports.domain import Support

FIELDS = tuple(field.name for field in fields(Support))
COLUMNS = ", ".join(FIELDS)
values_of = attrgetter(*FIELDS)

INSERT = f"INSERT INTO support ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
FIND = f"""
SELECT {COLUMNS} FROM support WHERE proposal_id = $1 AND contributor = ANY ($2) ORDER BY counted DESC, given_at LIMIT 1
"""
WITHDRAW = f"DELETE FROM support WHERE proposal_id = $1 AND contributor = ANY ($2) RETURNING {COLUMNS}"
COUNTED = "SELECT count(*) FROM support WHERE proposal_id = $1 AND counted"
SINCE = "SELECT count(*) FROM support WHERE proposal_id = $1 AND counted AND version = $2"
SUPPORTERS = "SELECT contributor FROM support WHERE proposal_id = ANY ($1::uuid[]) AND counted"
FROM_MERGED = "SELECT count(*) FROM support WHERE proposal_id = $1 AND counted AND version IS NULL"
GIVEN_BY = f"SELECT {COLUMNS} FROM support WHERE contributor = ANY ($1) ORDER BY given_at, given_to"
SOME = f"SELECT {COLUMNS} FROM support WHERE contributor = ANY ($1) ORDER BY given_to LIMIT $2"
# Only of proposals that are locked: one that was merged meanwhile is looked for again.
ERASE = f"""
DELETE FROM support WHERE contributor = ANY ($1) AND given_to = ANY ($2) AND proposal_id = ANY ($3)
RETURNING {COLUMNS}
"""


async def insert(connection: asyncpg.Connection, support: Support) -> None:
    await connection.execute(INSERT, *values_of(support))


async def find(connection: asyncpg.Connection, proposal_id: UUID, same: Sequence[str]) -> Support | None:
    """A person's support of a proposal: the one that is counted, where there are two by merging."""
    row = await connection.fetchrow(FIND, proposal_id, same)
    return None if row is None else Support(**row)


async def withdraw(connection: asyncpg.Connection, proposal_id: UUID, same: Sequence[str]) -> list[Support]:
    """Removes a person's support of a proposal, with those that came to it by merging."""
    return [Support(**row) for row in await connection.fetch(WITHDRAW, proposal_id, same)]


async def counted(connection: asyncpg.Connection, proposal_id: UUID) -> int:
    """How many support a proposal."""
    return int(await connection.fetchval(COUNTED, proposal_id))


async def supporters(connection: asyncpg.Connection, *proposal_ids: UUID) -> set[str]:
    """Those whose supports of any of these are counted."""
    return {row["contributor"] for row in await connection.fetch(SUPPORTERS, proposal_ids)}


async def since(connection: asyncpg.Connection, proposal_id: UUID, version: int) -> int:
    """How many of those gave it to a version."""
    return int(await connection.fetchval(SINCE, proposal_id, version))


async def from_merged(connection: asyncpg.Connection, proposal_id: UUID) -> int:
    """How many of those came from proposals that were merged into it."""
    return int(await connection.fetchval(FROM_MERGED, proposal_id))


async def given_by(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[Support]:
    """All supports of contributors, the oldest first."""
    return [Support(**row) for row in await connection.fetch(GIVEN_BY, contributors)]


async def some(connection: asyncpg.Connection, contributors: Sequence[str], most: int) -> list[Support]:
    """Some supports of contributors."""
    return [Support(**row) for row in await connection.fetch(SOME, contributors, most)]


async def erase(
    connection: asyncpg.Connection, contributors: Sequence[str], given_to: Sequence[UUID], proposals: Sequence[UUID]
) -> list[Support]:
    """Removes supports that lie with any of `proposals`."""
    return [Support(**row) for row in await connection.fetch(ERASE, contributors, given_to, proposals)]
