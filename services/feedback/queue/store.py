"""The SQL of work."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.feedback.conditions import Condition
from services.feedback.media.statements import pictures_of
from services.feedback.queue.schemas import Queue
from services.feedback.requests.statements import near
from services.feedback.requests.store import ALL
from shared.ids import uuid7

UNASSIGNED = "r.assignee IS NULL AND r.organisation_id IS NULL"
OVERDUE = "coalesce(r.due_at < now(), false)"
ANSWER_OVERDUE = "(r.first_answered_at IS NULL AND coalesce(r.answer_due_at < now(), false))"
DUE = "coalesce(r.due_at, 'infinity')"

SELECT = f"""
SELECT {", ".join(f"r.{name}" for name in ALL)}, r.status, r.priority, r.assignee, r.organisation_id,
       r.hidden_at IS NOT NULL AS hidden,
       r.status = 'open' AND {OVERDUE} AS overdue, r.status = 'open' AND {ANSWER_OVERDUE} AS answer_overdue,
       {DUE}::text AS due, {pictures_of("r.id")} AS media
FROM request r
"""
ORDER = f"r.priority, {DUE}, r.id"
GROUPS = {
    "by_service": "service_id", "by_district": "district_id", "by_state": "state", "by_priority": "priority",
    "by_assignee": "assignee", "by_organisation": "organisation_id",
}  # fmt: skip
PARTS = ", ".join(f"r.{column}" for column in GROUPS.values())
SETS = ", ".join(f"(r.{column})" for column in GROUPS.values())
# One pass for all: a row belongs to the part whose bit alone is not set in `parts`, and to the whole if all are.
COUNTS = f"""
SELECT {PARTS}, grouping({PARTS}) AS parts, count(*) AS open, count(*) FILTER (WHERE {UNASSIGNED}) AS unassigned,
       count(*) FILTER (WHERE {OVERDUE}) AS overdue, count(*) FILTER (WHERE {ANSWER_OVERDUE}) AS answer_overdue
FROM request r WHERE {{where}} GROUP BY GROUPING SETS ((), {SETS}) ORDER BY open DESC
"""
WHOLE = 2 ** len(GROUPS) - 1
MOST_GROUPS = 500
FIND = f"""
{SELECT} WHERE r.id = $1
"""
PARTICULARS = "SELECT contact, attributes FROM request_particulars WHERE request_id = $1"
DUPLICATES = "SELECT id FROM request WHERE duplicate_of = $1 ORDER BY id LIMIT 1000"
HISTORY = """
SELECT at, author, assignee, organisation_id, priority FROM request_assignment WHERE request_id = $1 ORDER BY at, id
"""
ASSIGN = "UPDATE request SET assignee = $2, organisation_id = $3, priority = $4 WHERE id = $1"
LOG = """
INSERT INTO request_assignment (id, request_id, at, author, assignee, organisation_id, priority)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


def _where(queue: Queue) -> Condition:
    where = Condition()
    where.add("r.status = 'open' AND r.jurisdiction_id = {}", queue.jurisdiction_id)
    for name in ("service_id", "district_id", "state", "assignee", "organisation_id"):
        if (value := getattr(queue, name)) is not None:
            where.add(f"r.{name} = {{}}", value)
    flags = {UNASSIGNED: queue.unassigned, OVERDUE: queue.overdue, ANSWER_OVERDUE: queue.answer_overdue}
    where.parts += [condition for condition, wanted in flags.items() if wanted]
    if queue.latitude is not None and queue.longitude is not None:
        place = [f"{where.value(value)}::float8" for value in (queue.latitude, queue.longitude, queue.radius)]
        where.parts.append(near("r", *place))
    return where


async def page(
    connection: asyncpg.Connection, queue: Queue, rank: int | None, after: tuple[int, str, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """What is to be done first; `after` is the priority, due time and id of the last one of the page before."""
    where = _where(queue)
    if rank is not None:
        where.add("r.priority = {}", rank)
    if after is not None:
        where.add(f"(r.priority, {DUE}, r.id) > ({{}}::smallint, {{}}::text::timestamptz, {{}}::uuid)", *after)
    last = where.value(limit)
    return await connection.fetch(f"{SELECT} WHERE {where} ORDER BY {ORDER} LIMIT {last}", *where.values)


async def counts(connection: asyncpg.Connection, queue: Queue, rank: int | None) -> dict[str, Any]:
    """How many requests there are in all, and in each part by itself, the largest first."""
    where = _where(queue)
    if rank is not None:
        where.add("r.priority = {}", rank)
    rows = await connection.fetch(COUNTS.format(where=where), *where.values)
    totals = next(row for row in rows if row["parts"] == WHOLE)
    found = {name: totals[name] for name in ("open", "unassigned", "overdue", "answer_overdue")}
    for place, (name, column) in enumerate(reversed(GROUPS.items())):
        part = [row for row in rows if row["parts"] == WHOLE - 2**place][:MOST_GROUPS]
        found[name] = [{"value": row[column], "open": row["open"]} for row in part]
    return found


async def find(connection: asyncpg.Connection, request_id: UUID) -> asyncpg.Record | None:
    """A request as staff sees it."""
    row: asyncpg.Record | None = await connection.fetchrow(FIND, request_id)
    return row


async def particulars(connection: asyncpg.Connection, request_id: UUID) -> dict[str, Any]:
    """`contact` and `attributes` of a request, each empty where it has none."""
    row = await connection.fetchrow(PARTICULARS, request_id)
    return dict(row) if row else {"contact": {}, "attributes": {}}


async def duplicates(connection: asyncpg.Connection, request_id: UUID) -> list[UUID]:
    """The requests that were closed as duplicates of this one, the oldest first."""
    return [row["id"] for row in await connection.fetch(DUPLICATES, request_id)]


async def history(connection: asyncpg.Connection, request_id: UUID) -> list[asyncpg.Record]:
    """Who was given a request, the oldest first."""
    return await connection.fetch(HISTORY, request_id)


async def assign(
    connection: asyncpg.Connection,
    request_id: UUID,
    author: str,
    at: datetime,
    assignee: str | None,
    organisation_id: str | None,
    rank: int,
) -> None:
    """Records who has a request, and how it is ranked."""
    await connection.execute(ASSIGN, request_id, assignee, organisation_id, rank)
    await connection.execute(LOG, uuid7(), request_id, at, author, assignee, organisation_id, rank)


async def has_organisation(connection: asyncpg.Connection, jurisdiction_id: str, organisation_id: str) -> bool:
    found = await connection.fetchval(
        "SELECT true FROM organisation WHERE id = $1 AND jurisdiction_id = $2", organisation_id, jurisdiction_id
    )
    return found is True
