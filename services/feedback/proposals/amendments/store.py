"""The table of suggested changes."""

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from uuid import UUID

import asyncpg

from services.feedback.proposals.amendments.domain import Amendment

FIELDS = tuple(field.name for field in fields(Amendment))
COLUMNS = ", ".join(FIELDS)
values_of = attrgetter(*FIELDS)

INSERT = f"INSERT INTO proposal_amendment ({COLUMNS}) VALUES ({', '.join(f'${n}' for n, _ in enumerate(FIELDS, 1))})"
FIND = f"SELECT {COLUMNS} FROM proposal_amendment WHERE id = $1"
OF_COMMENTS = f"SELECT {COLUMNS} FROM proposal_amendment WHERE id = ANY ($1)"
OF_PROPOSAL = f"""
SELECT {COLUMNS} FROM proposal_amendment
WHERE proposal_id = $1 AND ($2::text IS NULL OR state = $2) AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4
"""
ANSWER = """
UPDATE proposal_amendment SET state = $2, answered_at = $3, reply = $4, reply_masked = $5, version = $6 WHERE id = $1
"""
# What was accepted is the author's by now, and stands in a version; of the others nothing is left but their place.
FORGET = """
UPDATE proposal_amendment SET title = NULL, title_masked = NULL, text = NULL, text_masked = NULL,
       state = CASE state WHEN 'open' THEN 'withdrawn' ELSE state END WHERE id = ANY ($1)
"""
FORGET_REASONS = "UPDATE proposal_version SET why = NULL, why_masked = NULL WHERE amendment_id = ANY ($1)"
FORGET_REPLIES = "UPDATE proposal_amendment SET reply = NULL, reply_masked = NULL WHERE proposal_id = $1"


async def insert(connection: asyncpg.Connection, amendment: Amendment) -> None:
    await connection.execute(INSERT, *values_of(amendment))


async def find(connection: asyncpg.Connection, amendment_id: UUID) -> Amendment | None:
    row = await connection.fetchrow(FIND, amendment_id)
    return None if row is None else Amendment(**row)


async def of_comments(connection: asyncpg.Connection, ids: Sequence[UUID]) -> dict[UUID, Amendment]:
    """The changes that come with comments, by id."""
    return {row["id"]: Amendment(**row) for row in await connection.fetch(OF_COMMENTS, ids)}


async def of_proposal(
    connection: asyncpg.Connection, proposal_id: UUID, state: str | None, before: UUID | None, limit: int
) -> list[Amendment]:
    """The changes that were suggested to a proposal, the newest first."""
    return [Amendment(**row) for row in await connection.fetch(OF_PROPOSAL, proposal_id, state, before, limit)]


async def answer(connection: asyncpg.Connection, amendment: Amendment) -> None:
    """Records what the author answered."""
    await connection.execute(
        ANSWER,
        amendment.id,
        amendment.state,
        amendment.answered_at,
        amendment.reply,
        amendment.reply_masked,
        amendment.version,
    )


async def forget(connection: asyncpg.Connection, ids: Sequence[UUID]) -> None:
    """Forgets what was suggested, and why, also where it made a version."""
    await connection.execute(FORGET, ids)
    await connection.execute(FORGET_REASONS, ids)


async def forget_replies(connection: asyncpg.Connection, proposal_id: UUID) -> None:
    """Forgets what the author of a proposal replied."""
    await connection.execute(FORGET_REPLIES, proposal_id)
