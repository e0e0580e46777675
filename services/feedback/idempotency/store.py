"""The table of idempotency keys."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg

from services.feedback.idempotency.domain import Answer, Claim, Kept

# Whoever comes second waits here until the first has committed, and then finds the key taken. Keys go in by order,
# so that two writers never wait for each other.
CLAIM = """
INSERT INTO idempotency (scope, key, request_hash, status, body, contributor)
SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::smallint[], $5::bytea[], $6::uuid[]) AS n (scope, key)
ORDER BY scope, key
ON CONFLICT DO NOTHING RETURNING scope, key
"""
RECALL = """
SELECT scope, key, request_hash, status, body, contributor FROM idempotency
WHERE (scope, key) IN (SELECT * FROM unnest($1::text[], $2::text[]))
"""
# Those of a known giver are found by who that is. What others were told of an input is found by its id.
FORGET_TOLD = """
DELETE FROM idempotency WHERE contributor IS NULL
AND CASE WHEN body <> '' THEN convert_from(body, 'UTF8')::jsonb ->> 'id' END = ANY ($1::text[])
"""
# Apps that were offline ask again late.
FORGET = """
DELETE FROM idempotency WHERE created_at < now() - $1::interval
AND (key NOT LIKE 'batch:%' OR created_at < now() - interval '60 days')
"""


async def claim(connection: asyncpg.Connection, wanted: Sequence[Kept]) -> set[tuple[str, str]]:
    """Takes keys that are free, each with its answer; returns those taken, as scope and key."""
    rows = [
        (k.claim.scope, k.claim.key, k.claim.request_hash, k.answer.status, k.answer.body, k.answer.contributor)
        for k in wanted
    ]
    taken = await connection.fetch(CLAIM, *map(list, zip(*rows, strict=True)))
    return {(row["scope"], row["key"]) for row in taken}


async def recall(connection: asyncpg.Connection, claims: Sequence[Claim]) -> dict[tuple[str, str], Kept]:
    """What is remembered of keys, by scope and key."""
    rows = await connection.fetch(RECALL, [claim.scope for claim in claims], [claim.key for claim in claims])
    return {(row["scope"], row["key"]): _kept(row) for row in rows}


def _kept(row: asyncpg.Record) -> Kept:
    claim = Claim(row["scope"], row["key"], row["request_hash"])
    return Kept(claim, Answer(row["status"], row["body"], row["contributor"]))


async def forget(connection: asyncpg.Connection, age: timedelta) -> None:
    """Forgets keys older than `age`."""
    await connection.execute(FORGET, age)


async def forget_told(connection: asyncpg.Connection, ids: Sequence[UUID]) -> None:
    """Forgets the answers that tell inputs of these ids, other than those that their givers got."""
    await connection.execute(FORGET_TOLD, [str(each) for each in ids])
