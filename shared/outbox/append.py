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

COLUMNS = (
    "part",
    "seq",
    "id",
    "aggregatetype",
    "aggregateid",
    "type",
    "payload",
    "content_type",
    "traceparent",
    "tracestate",
    "occurred_at",
    "created_at",
)

# Counters are locked in ascending order, so that no two writers wait for each other in a circle. They stay locked
# until COMMIT: that is what makes the order of sequence numbers the order of commits.
NEXT_SEQUENCES = """
WITH wanted AS (SELECT * FROM unnest($1::smallint[], $2::bigint[]) AS w (part, n)),
     locked AS MATERIALIZED (
         SELECT part FROM outbox_counter WHERE part = ANY ($1::smallint[]) ORDER BY part FOR UPDATE)
UPDATE outbox_counter c SET seq = c.seq + w.n FROM wanted w JOIN locked USING (part)
WHERE c.part = w.part RETURNING c.part, c.seq - w.n AS last, clock_timestamp() AS at
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
    parts = [event.part for event in events]
    counts = Counter(parts)
    rows = await connection.fetch(NEXT_SEQUENCES, list(counts), list(counts.values()))
    last = {row["part"]: row["last"] for row in rows}
    created_at = rows[0]["at"]
    records = []
    for part, event in zip(parts, events, strict=True):
        last[part] += 1
        records.append(
            (
                part,
                last[part],
                event.id,
                event.topic,
                event.key,
                event.type,
                event.data,
                event.content_type,
                event.traceparent,
                None,
                event.occurred_at,
                created_at,
            )
        )
    await connection.copy_records_to_table("outbox", records=records, columns=COLUMNS)
