"""Appending events to the outbox, inside the transaction that caused them."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import asyncpg
from aiokafka.partitioner import murmur2

from shared.contracts.base import Contract
from shared.contracts.registry import TYPE_OF, encode
from shared.ids import uuid7
from shared.settings import PARTITIONS

CONTENT_TYPE = "application/json"

DEAD_LETTERS = PARTITIONS
"""The first of the parts of dead letters. They go to other topics than the service's own events, whose numbers must
follow each other on their topic, so they are numbered apart."""

PARTS = 2 * PARTITIONS

# One statement, so that counters are held as short as can be. They are locked in ascending order, so that no two
# writers wait for each other in a circle, and stay locked until COMMIT: that is what makes the order of sequence
# numbers the order of commits.
APPEND = """
WITH locked AS MATERIALIZED (
         SELECT part FROM outbox_counter WHERE part = ANY ($1::smallint[]) ORDER BY part FOR UPDATE),
     counted AS (
         UPDATE outbox_counter c SET seq = c.seq + w.n
         FROM unnest($1::smallint[], $2::bigint[]) AS w (part, n) JOIN locked USING (part)
         WHERE c.part = w.part RETURNING c.part, c.seq - w.n AS last),
     held AS MATERIALIZED (SELECT count(*), clock_timestamp() AS at FROM counted)
INSERT INTO outbox (part, seq, id, aggregatetype, aggregateid, type, payload, content_type, traceparent, occurred_at,
                    created_at)
SELECT e.part, counted.last + e.n, id, topic, key, type, data, content_type, traceparent, occurred_at, held.at
FROM unnest($3::smallint[], $4::bigint[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::bytea[], $10::text[],
            $11::text[], $12::timestamptz[])
     AS e (part, n, id, topic, key, type, data, content_type, traceparent, occurred_at)
JOIN counted USING (part), held
"""


class Outgoing(NamedTuple):
    """An event to publish: `data` holds the exact bytes, `key` the aggregate that decides its partition."""

    topic: str
    key: str
    type: str
    data: bytes
    occurred_at: datetime
    id: UUID
    traceparent: str | None = None
    content_type: str = CONTENT_TYPE
    first_part: int = 0

    @property
    def part(self) -> int:
        """The part that numbers it."""
        return self.first_part + part_of(self.key)


def outgoing(topic: str, key: str, contract: Contract, occurred_at: datetime) -> Outgoing:
    """The event that says `contract`, with a new id."""
    return Outgoing(topic, key, TYPE_OF[type(contract)], encode(contract), occurred_at, uuid7())


@lru_cache(maxsize=65_536)
def part_of(key: str) -> int:
    """The part, and so the Kafka partition, of a key: as Kafka's default partitioner decides it."""
    return int(murmur2(key.encode()) & 0x7FFFFFFF) % PARTITIONS


async def append(connection: asyncpg.Connection, events: Sequence[Outgoing]) -> None:
    """Writes events to the outbox, in the order given. Must be the last statement before COMMIT.

    Numbers are contiguous per part, for they come from a counter row that stays locked until the transaction ends.
    """
    if not events:
        return
    if not connection.is_in_transaction():
        raise RuntimeError("events belong into the transaction that causes them")
    counts: Counter[int] = Counter()
    rows = []
    for event in events:
        part = event.part
        counts[part] += 1
        rows.append(
            (part, counts[part], event.id, *event[:4], event.content_type, event.traceparent, event.occurred_at)
        )
    await connection.execute(APPEND, list(counts), list(counts.values()), *map(list, zip(*rows, strict=True)))
