"""The table of planned transitions, and all SQL on it; what a service has been through stands in its versions."""

from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from services.catalog.lifecycle.domain import Status, Transition

COLUMNS = "id, service_id, status, reason, planned_by, planned_at, effective_at, state, settled_at, note"
OF_SERVICE = f"SELECT {COLUMNS} FROM planned_transition WHERE service_id = $1 ORDER BY effective_at DESC, id LIMIT $2"
PLANNED = f"SELECT {COLUMNS} FROM planned_transition WHERE service_id = $1 AND state = 'planned'"
PLAN = f"INSERT INTO planned_transition ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
# One of a service only once those before it are settled: two workers must not take them in the wrong order.
DUE = f"""
SELECT {COLUMNS} FROM planned_transition p
WHERE state = 'planned' AND effective_at <= now() AND NOT EXISTS (
    SELECT FROM planned_transition e WHERE e.service_id = p.service_id AND e.state = 'planned'
    AND (e.effective_at, e.id) < (p.effective_at, p.id))
ORDER BY effective_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
SETTLE = """
UPDATE planned_transition SET state = $2, settled_at = now(), note = $3 WHERE id = $1 AND state = 'planned'
RETURNING id
"""
HISTORY = """
SELECT version, changed_at, changed_by, reason, before, status FROM (
    SELECT version, changed_at, changed_by, reason, entity ->> 'status' AS status,
           lag(entity ->> 'status') OVER (ORDER BY version) AS before
    FROM entity_version WHERE kind = 'service' AND id = $1) v
WHERE before IS DISTINCT FROM status ORDER BY version DESC LIMIT $2
"""
MOST = 1_000


class Step(NamedTuple):
    """A version with which a service came into a state; `before` is None for its first."""

    version: int
    at: Any
    by: str
    reason: str
    before: str | None
    status: str


async def plan(connection: asyncpg.Connection, transition: Transition) -> None:
    """Keeps a transition until its time."""
    await connection.execute(PLAN, *vars(transition).values())


async def planned(connection: asyncpg.Connection, service_id: str) -> list[Transition]:
    """What is planned for a service."""
    return [_transition(row) for row in await connection.fetch(PLANNED, service_id)]


async def transitions(connection: asyncpg.Connection, service_id: str) -> list[Transition]:
    """All that was ever planned for a service, the farthest ahead first."""
    return [_transition(row) for row in await connection.fetch(OF_SERVICE, service_id, MOST)]


async def next_due(connection: asyncpg.Connection) -> Transition | None:
    """A transition whose time has come, which nobody else settles until this transaction ends."""
    row = await connection.fetchrow(DUE)
    return _transition(row) if row else None


async def settle(connection: asyncpg.Connection, transition_id: UUID, state: str, note: str = "") -> bool:
    """Marks a planned transition as done, cancelled or refused; False where it is settled already."""
    return await connection.fetchval(SETTLE, transition_id, state, note) is not None


async def history(connection: asyncpg.Connection, service_id: str) -> list[Step]:
    """The states that a service has been in, the present one first."""
    return [Step(*row) for row in await connection.fetch(HISTORY, service_id, MOST)]


def _transition(row: asyncpg.Record) -> Transition:
    fields = dict(row)
    return Transition(**fields | {"status": Status(fields["status"])})
