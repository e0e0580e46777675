"""The table of calls, and how far each has come."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.calls.domain import Call

FIELDS = tuple(field.name for field in fields(Call))
COLUMNS = ", ".join(FIELDS)
values_of = attrgetter(*FIELDS)

INSERT = f"""
INSERT INTO contribution_call ({COLUMNS}) VALUES ({", ".join(f"${number}" for number in range(1, len(FIELDS) + 1))})
"""
FIND = f"SELECT {COLUMNS} FROM contribution_call WHERE id = $1"
CLOSE = "UPDATE contribution_call SET closed_at = $2 WHERE id = $1"
# Who pledges to a call holds it for that long: it is closed after what was pledged before, and by one worker only.
OVERDUE = f"""
SELECT {COLUMNS} FROM contribution_call WHERE closed_at IS NULL AND closes_at <= $1
ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
"""
PROGRESS = """
SELECT call_id, count(*) AS contributions, coalesce(sum(amount), 0) AS pledged,
       coalesce(sum(made_amount) FILTER (WHERE state IN ('made', 'verified')), 0) AS made,
       coalesce(sum(verified_amount), 0) AS verified
FROM contribution WHERE call_id = ANY ($1) AND state <> 'withdrawn' GROUP BY call_id
"""
LIST = f"""
SELECT {COLUMNS} FROM contribution_call
WHERE ($1::uuid IS NULL OR id < $1)
    AND ($3::bool IS NULL OR (closed_at IS NULL AND (closes_at IS NULL OR closes_at > $4)) = $3)
"""


class Filter(NamedTuple):
    """Which calls to list; None: all. The names are those of columns."""

    service_id: str | None = None
    jurisdiction_id: str | None = None
    district_id: str | None = None
    form: str | None = None


class Progress(NamedTuple):
    """What was given to a call: how many contributions, and their amounts."""

    contributions: int = 0
    pledged: int = 0
    made: int = 0
    verified: int = 0


async def insert(connection: asyncpg.Connection, call: Call) -> None:
    """Adds a call."""
    await connection.execute(INSERT, *values_of(call))


async def find(connection: asyncpg.Connection, call_id: UUID, *, lock: str = "") -> Call | None:
    """A call; with `lock` UPDATE nobody else uses it until the transaction ends, with SHARE nobody closes it."""
    row = await connection.fetchrow(FIND + (f" FOR {lock}" if lock else ""), call_id)
    return None if row is None else Call(**row)


async def overdue(connection: asyncpg.Connection, now: datetime, limit: int) -> list[Call]:
    """Calls whose time is over and that are not closed, for this transaction to close."""
    return [Call(**row) for row in await connection.fetch(OVERDUE, now, limit)]


async def close(connection: asyncpg.Connection, call: Call) -> None:
    """Records that a call is closed."""
    await connection.execute(CLOSE, call.id, call.closed_at)


async def newest(
    connection: asyncpg.Connection,
    wanted: Filter,
    now: datetime,
    *,
    is_open: bool | None,
    before: UUID | None,
    limit: int,
) -> list[Call]:
    """Calls, the newest first, from before the one named."""
    given = {column: value for column, value in wanted._asdict().items() if value is not None}
    conditions = "".join(f" AND {column} = ${number}" for number, column in enumerate(given, 5))
    statement = f"{LIST}{conditions} ORDER BY id DESC LIMIT $2"
    rows = await connection.fetch(statement, before, limit, is_open, now, *given.values())
    return [Call(**row) for row in rows]


async def progress(connection: asyncpg.Connection, calls: Sequence[UUID]) -> dict[UUID, Progress]:
    """How far calls have come, by id; those to which something was given."""
    rows = await connection.fetch(PROGRESS, calls)
    return {row["call_id"]: Progress(*(int(value) for value in list(row.values())[1:])) for row in rows}
