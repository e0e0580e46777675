"""The tables of cases, flags and decisions."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.conditions import Condition
from services.feedback.idempotency import store as keys
from services.feedback.moderation.domain import Case, Decision
from shared.ids import uuid7

FIELDS = tuple(field.name for field in fields(Case))
COLUMNS = ", ".join(FIELDS)
values_of = attrgetter(*FIELDS)
CHANGING = ("state", "waiting_since", "decision", "reason", "explanation", "decided_at", "appeal", "appealed_at")
changing_values = attrgetter("id", *CHANGING)

SELECT = f"SELECT {COLUMNS} FROM moderation_case"
OPEN = f"""
INSERT INTO moderation_case ({COLUMNS}) VALUES ({", ".join(f"${n}" for n in range(1, len(FIELDS) + 1))})
ON CONFLICT (kind, item_id) DO NOTHING
"""
CHANGE = f"""
UPDATE moderation_case SET {", ".join(f"{name} = ${n}" for n, name in enumerate(CHANGING, 2))} WHERE id = $1
"""
FLAG = """
INSERT INTO moderation_flag (id, case_id, at, automatic, reason, note, contributor) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING RETURNING id
"""
FLAG_AGAIN = """
UPDATE moderation_flag SET times = times + 1 WHERE id = (
    SELECT id FROM moderation_flag WHERE case_id = $1 AND reason = $2 AND contributor IS NULL AND NOT automatic
    ORDER BY id OFFSET $3 - 1 LIMIT 1) RETURNING id
"""
IS_KNOWN_REASON = "SELECT true FROM moderation_flag WHERE case_id = $1 AND reason = $2 LIMIT 1"
FLAGS = """
SELECT case_id, at, automatic, reason, note, times FROM (
    SELECT *, row_number() OVER (PARTITION BY case_id ORDER BY id DESC) AS number FROM moderation_flag
    WHERE case_id = ANY ($1::uuid[])) f
WHERE number <= $2 ORDER BY id
"""
COUNTS = """
SELECT case_id, reason, sum(times) AS flags FROM moderation_flag WHERE case_id = ANY ($1::uuid[])
GROUP BY case_id, reason ORDER BY case_id, 3 DESC, 2
"""
REWORDED = """
UPDATE moderation_case SET state = 'open', waiting_since = $3
WHERE kind = $1 AND item_id = $2 AND waiting_since IS NULL AND decision <> 'hide'
"""
RECORD = """
INSERT INTO moderation_decision (id, case_id, at, author, decision, reason, explanation, on_appeal)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
HISTORY = """
SELECT at, author, decision, reason, explanation, on_appeal FROM moderation_decision WHERE case_id = $1 ORDER BY id
"""
OF_GIVERS = f"{SELECT} WHERE contributor = ANY ($1) ORDER BY id"
FLAGS_OF = """
SELECT f.at, c.kind, c.item_id, f.reason, f.note, c.state, c.decision FROM moderation_flag f
JOIN moderation_case c ON c.id = f.case_id WHERE f.contributor = ANY ($1) ORDER BY f.id
"""
FORGET_FLAGS = "UPDATE moderation_flag SET contributor = NULL, note = NULL WHERE contributor = ANY ($1)"
ERASE = "DELETE FROM moderation_case WHERE contributor = ANY ($1) RETURNING id"


class Filter(NamedTuple):
    """Which cases to list; None: all. `waiting` is for those that wait for staff, or do not."""

    jurisdiction_id: str
    waiting: bool
    state: str | None = None
    kind: str | None = None
    service_id: str | None = None
    decision: str | None = None
    reason: str | None = None


async def opened(connection: asyncpg.Connection, case: Case) -> Case:
    """The case of the thing that this one is about, which may be this one; locked until the transaction ends."""
    await connection.execute(OPEN, *values_of(case))
    (row,) = await connection.fetch(f"{SELECT} WHERE kind = $1 AND item_id = $2 FOR UPDATE", case.kind, case.item_id)
    return Case(**row)


async def find(connection: asyncpg.Connection, case_id: UUID, *, lock: bool = False) -> Case | None:
    """A case; with `lock`, nobody else changes it until the transaction ends."""
    row = await connection.fetchrow(f"{SELECT} WHERE id = $1{' FOR UPDATE' if lock else ''}", case_id)
    return None if row is None else Case(**row)


async def change(connection: asyncpg.Connection, case: Case) -> None:
    """Records how a case stands."""
    await connection.execute(CHANGE, *changing_values(case))


async def reworded(connection: asyncpg.Connection, kind: str, item_id: UUID, at: datetime) -> None:
    """Has staff look again at what is not hidden: they decided on other words than those that are there now."""
    await connection.execute(REWORDED, kind, item_id, at)


async def is_known_reason(connection: asyncpg.Connection, case_id: UUID, reason: str) -> bool:
    return await connection.fetchval(IS_KNOWN_REASON, case_id, reason) is True


async def flag(
    connection: asyncpg.Connection,
    case_id: UUID,
    at: datetime,
    reason: str,
    *,
    note: str | None = None,
    contributor: str | None = None,
    automatic: bool = False,
) -> bool:
    """Adds a flag; False where the same one flagged it before for this reason."""
    return await connection.fetchval(FLAG, uuid7(), case_id, at, automatic, reason, note, contributor) is not None


async def flag_again(connection: asyncpg.Connection, case_id: UUID, reason: str, most: int) -> bool:
    """Counts one more by nobody known, where there are that many already; False where there are fewer."""
    return await connection.fetchval(FLAG_AGAIN, case_id, reason, most) is not None


async def flags(connection: asyncpg.Connection, ids: Sequence[UUID], most: int) -> dict[UUID, list[asyncpg.Record]]:
    """The newest flags of cases, the oldest first."""
    return _by_case(await connection.fetch(FLAGS, ids, most))


async def counts(connection: asyncpg.Connection, ids: Sequence[UUID]) -> dict[UUID, list[asyncpg.Record]]:
    """How often each case was flagged for which reason, the most frequent first."""
    return _by_case(await connection.fetch(COUNTS, ids))


def _by_case(rows: Sequence[asyncpg.Record]) -> dict[UUID, list[asyncpg.Record]]:
    found: dict[UUID, list[asyncpg.Record]] = {}
    for row in rows:
        found.setdefault(row["case_id"], []).append(row)
    return found


async def record(connection: asyncpg.Connection, case: Case, decision: Decision) -> None:
    """Adds a decision to the history of a case as it was before."""
    told = (decision.author, decision.decision, decision.reason, decision.explanation, case.appealed_at is not None)
    await connection.execute(RECORD, uuid7(), case.id, decision.at, *told)


async def history(connection: asyncpg.Connection, case_id: UUID) -> list[asyncpg.Record]:
    """The decisions of a case, the oldest first."""
    return await connection.fetch(HISTORY, case_id)


async def page(
    connection: asyncpg.Connection, wanted: Filter, after: tuple[datetime, UUID] | UUID | None, limit: int
) -> list[Case]:
    """What has waited longest, or what was decided of the newest cases; after the last one of the page before."""
    where = Condition()
    where.parts.append(f"waiting_since IS {'NOT ' if wanted.waiting else ''}NULL")
    for name in ("jurisdiction_id", "state", "kind", "service_id", "decision"):
        if (value := getattr(wanted, name)) is not None:
            where.add(f"{name} = {{}}", value)
    if wanted.reason is not None:
        flagged = "SELECT FROM moderation_flag f WHERE f.case_id = moderation_case.id AND f.reason = {}"
        where.add(f"EXISTS ({flagged})", wanted.reason)
    if isinstance(after, tuple):
        where.add("(waiting_since, id) > ({}::timestamptz, {}::uuid)", *after)
    elif after is not None:
        where.add("id < {}::uuid", after)
    order = "waiting_since, id" if wanted.waiting else "id DESC"
    last = where.value(limit)
    rows = await connection.fetch(f"{SELECT} WHERE {where} ORDER BY {order} LIMIT {last}", *where.values)
    return [Case(**row) for row in rows]


async def of_givers(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[Case]:
    """The cases of what contributors gave, the oldest first."""
    return [Case(**row) for row in await connection.fetch(OF_GIVERS, contributors)]


async def flags_of(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[dict[str, Any]]:
    """What contributors flagged, and what became of it, the oldest first."""
    return [dict(row) for row in await connection.fetch(FLAGS_OF, contributors)]


async def erase(connection: asyncpg.Connection, contributors: Sequence[str]) -> None:
    """Forgets the cases of what contributors gave, and who flagged what they did."""
    ids = [row["id"] for row in await connection.fetch(ERASE, contributors)]
    if ids:
        await keys.forget_told(connection, ids)
    await connection.execute(FORGET_FLAGS, contributors)
