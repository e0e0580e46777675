"""The table of offers to merge, and the supports that move."""

from collections.abc import Mapping, Sequence
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
# Neither whoever supports both is counted twice, nor the author of the other proposal for their own; $4 and $5 say
# which contributors are the same person.
MOVE_SUPPORTS = """
WITH joined AS (SELECT * FROM unnest($4::text[], $5::text[]) AS n (contributor, person)), counting AS (
    SELECT s.given_to, s.contributor, coalesce(j.person, s.contributor) IS DISTINCT FROM $3 AND row_number() OVER (
        PARTITION BY coalesce(j.person, s.contributor) ORDER BY s.proposal_id = $2 DESC, s.given_at, s.contributor
    ) = 1 AS counted
    FROM support s LEFT JOIN joined j USING (contributor) WHERE s.proposal_id IN ($1, $2) AND s.counted)
UPDATE support moved SET proposal_id = $2, version = NULL, counted = EXISTS (
    SELECT FROM counting c WHERE c.given_to = moved.given_to AND c.contributor = moved.contributor AND c.counted)
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
    connection: asyncpg.Connection, from_id: UUID, into_id: UUID, author_of_into: str | None, persons: Mapping[str, str]
) -> None:
    """The supports of a proposal lie with another from now on, counted once for each person.

    `persons` names the person of contributors who are the same as others.
    """
    author = None if author_of_into is None else persons.get(author_of_into, author_of_into)
    await connection.execute(MOVE_SUPPORTS, from_id, into_id, author, list(persons), list(persons.values()))
