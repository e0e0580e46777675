"""The table of invitations. A request's erasure takes its invitations along."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from services.feedback.invitations.domain import Invitation
from shared.ids import uuid7

INVITE = "INSERT INTO invitation (id, request_id, contributor, made_at) VALUES ($1, $2, $3, $4)"
VOID = """
UPDATE invitation SET void_at = $2 WHERE request_id = $1 AND used_at IS NULL AND void_at IS NULL
"""
USE = "UPDATE invitation SET used_at = $2 WHERE id = $1"
# A statement of its own: whoever waited for the lock must read what the one before it left.
LOCK = "SELECT FROM invitation WHERE id = $1 FOR UPDATE"
READ = """
SELECT i.id, i.request_id, r.jurisdiction_id, r.service_id, r.district_id, i.contributor, i.made_at, i.used_at,
       i.void_at
FROM invitation i JOIN request r ON r.id = i.request_id
"""
# Who has rated the request otherwise need not be asked any more.
OPEN_OF = f"""
{READ} WHERE i.contributor = ANY ($1) AND i.used_at IS NULL AND i.void_at IS NULL AND ($2::uuid IS NULL OR i.id < $2)
    AND NOT EXISTS (SELECT FROM rating WHERE request_id = i.request_id AND state <> 'withdrawn')
ORDER BY i.id DESC LIMIT $3
"""


async def invite(connection: asyncpg.Connection, request_id: UUID, contributor: str, at: datetime) -> None:
    """Makes an invitation. UniqueViolationError where the request has one that is open."""
    await connection.execute(INVITE, uuid7(), request_id, contributor, at)


async def void(connection: asyncpg.Connection, request_id: UUID, at: datetime) -> None:
    """Ends the request's open invitation, if there is one."""
    await connection.execute(VOID, request_id, at)


async def find(connection: asyncpg.Connection, invitation_id: UUID, *, lock: bool = False) -> Invitation | None:
    """An invitation; with `lock`, nobody else changes it until the transaction ends."""
    if lock:
        await connection.execute(LOCK, invitation_id)
    row = await connection.fetchrow(f"{READ} WHERE i.id = $1", invitation_id)
    return None if row is None else Invitation(**row)


async def use(connection: asyncpg.Connection, invitation_id: UUID, at: datetime) -> None:
    """Records that an invitation was used."""
    await connection.execute(USE, invitation_id, at)


async def open_of(
    connection: asyncpg.Connection, contributors: Sequence[str], before: UUID | None, limit: int
) -> list[Invitation]:
    """The open invitations of contributors to what they have not rated, the newest first."""
    return [Invitation(**row) for row in await connection.fetch(OPEN_OF, contributors, before, limit)]
