"""The table of comments."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any
from uuid import UUID

import asyncpg

from services.feedback.proposals.comments.domain import Comment

FIELDS = tuple(field.name for field in fields(Comment))
COLUMNS = ", ".join(FIELDS)
values_of = attrgetter(*FIELDS)

INSERT = f"INSERT INTO comment ({COLUMNS}) VALUES ({', '.join(f'${n}' for n, _ in enumerate(FIELDS, 1))})"
FIND = f"SELECT {COLUMNS} FROM comment WHERE id = $1"
GIVEN_BY = f"SELECT {COLUMNS} FROM comment WHERE contributor = ANY ($1) ORDER BY id"
SOME = f"SELECT {COLUMNS} FROM comment WHERE contributor = ANY ($1) ORDER BY id LIMIT $2"
OF_IDS = f"SELECT {COLUMNS} FROM comment WHERE id = ANY ($1)"
THEIRS = f"SELECT {COLUMNS} FROM comment WHERE id = ANY ($1) AND contributor = ANY ($2) ORDER BY id"
SAVE = """
UPDATE comment SET contributor = $2, text = $3, text_masked = $4, channel = $5, campaign = $6, withdrawn_at = $7,
       erased_at = $8 WHERE id = $1
"""


@dataclass(frozen=True)
class Sorted:
    """An order of a list of comments."""

    column: str
    type: str
    descending: bool


ORDERS = {
    "thread": Sorted("path", "integer[]", descending=False),
    "oldest": Sorted("id", "uuid", descending=False),
    "newest": Sorted("id", "uuid", descending=True),
}


def _comment(row: asyncpg.Record) -> Comment:
    return Comment(**row)


async def insert(connection: asyncpg.Connection, comment: Comment) -> None:
    await connection.execute(INSERT, *values_of(comment))


async def find(connection: asyncpg.Connection, comment_id: UUID) -> Comment | None:
    row = await connection.fetchrow(FIND, comment_id)
    return None if row is None else _comment(row)


async def of_ids(connection: asyncpg.Connection, ids: Sequence[UUID]) -> dict[UUID, Comment]:
    """Comments, by id."""
    return {row["id"]: _comment(row) for row in await connection.fetch(OF_IDS, ids)}


async def save(connection: asyncpg.Connection, comment: Comment) -> None:
    """Records that a comment was withdrawn or erased."""
    await connection.execute(
        SAVE,
        comment.id,
        comment.contributor,
        comment.text,
        comment.text_masked,
        comment.channel,
        comment.campaign,
        comment.withdrawn_at,
        comment.erased_at,
    )


async def listed(
    connection: asyncpg.Connection, proposal_id: UUID, order: str, after: Any | None, limit: int
) -> list[Comment]:
    """The comments on a proposal in an order, from the one behind `after` on."""
    by = ORDERS[order]
    way, than = ("DESC", "<") if by.descending else ("ASC", ">")
    statement = (
        f"SELECT {COLUMNS} FROM comment WHERE proposal_id = $1 AND ($2::{by.type} IS NULL OR {by.column} {than} $2) "
        f"ORDER BY {by.column} {way} LIMIT $3"
    )
    return [_comment(row) for row in await connection.fetch(statement, proposal_id, after, limit)]


async def given_by(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[Comment]:
    """All that contributors said, the oldest first."""
    return [_comment(row) for row in await connection.fetch(GIVEN_BY, contributors)]


async def some(connection: asyncpg.Connection, contributors: Sequence[str], most: int) -> list[Comment]:
    """Some of what contributors said."""
    return [_comment(row) for row in await connection.fetch(SOME, contributors, most)]


async def theirs(connection: asyncpg.Connection, ids: Sequence[UUID], contributors: Sequence[str]) -> list[Comment]:
    """Those of some comments that are theirs still."""
    return [_comment(row) for row in await connection.fetch(THEIRS, ids, contributors)]
