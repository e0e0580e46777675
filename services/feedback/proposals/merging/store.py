"""The table of offers to merge, and the supports that move."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

OFFER = """
INSERT INTO proposal_merge_offer (proposal_id, into_id, offered_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
"""
TAKE = "DELETE FROM proposal_merge_offer WHERE proposal_id = $1 AND into_id = $2 RETURNING offered_at"
DROP_ALL = "DELETE FROM proposal_merge_offer WHERE proposal_id = $1 OR into_id = $1"
OFFERS = """
SELECT proposal_id, into_id, offered_at FROM proposal_merge_offer WHERE proposal_id = $1 OR into_id = $1
ORDER BY offered_at
"""
# Neither whoever supports both is counted twice, nor the author of the other proposal for their own.
MOVE_SUPPORTS = """
UPDATE support moved SET proposal_id = $2, version = NULL,
    counted = moved.counted AND moved.contributor IS DISTINCT FROM $3
        AND NOT EXISTS (SELECT FROM support kept WHERE kept.proposal_id = $2 AND kept.contributor = moved.contributor
                        AND kept.counted)
WHERE moved.proposal_id = $1
"""


async def offer(connection: asyncpg.Connection, proposal_id: UUID, into_id: UUID, at: datetime) -> None:
    """An author offers to merge theirs into somebody else's; once is enough."""
    await connection.execute(OFFER, proposal_id, into_id, at)


async def take(connection: asyncpg.Connection, proposal_id: UUID, into_id: UUID) -> bool:
    """Uses an offer up; returns whether there was one."""
    return await connection.fetchval(TAKE, proposal_id, into_id) is not None


async def drop_all(connection: asyncpg.Connection, proposal_id: UUID) -> None:
    """Forgets offers to and by a proposal."""
    await connection.execute(DROP_ALL, proposal_id)


async def offers(connection: asyncpg.Connection, proposal_id: UUID) -> Sequence[asyncpg.Record]:
    """Open offers by a proposal and to it."""
    return await connection.fetch(OFFERS, proposal_id)


async def move_supports(
    connection: asyncpg.Connection, from_id: UUID, into_id: UUID, author_of_into: str | None
) -> None:
    """The supports of a proposal lie with another from now on, counted once for each contributor."""
    await connection.execute(MOVE_SUPPORTS, from_id, into_id, author_of_into)
