"""Events that came before their predecessor wait here, in the database, until it has come."""

import time
from collections.abc import Mapping, Sequence

import asyncpg
from aiokafka import ConsumerRecord

from shared.inbox.received import Received, receive, restored_headers, stored_headers

LOAD = """
SELECT part, topic, key, headers::text AS headers, value, extract(epoch FROM parked_at)::float8 AS at
FROM parked_event WHERE source = $1 AND part = ANY ($2::smallint[])
"""
REMOVE = "DELETE FROM parked_event WHERE source = $1 AND part = $2 AND seq <> ALL ($3::bigint[])"
INSERT = """
INSERT INTO parked_event (source, part, seq, topic, key, headers, value)
SELECT $1, $2, * FROM unnest($3::bigint[], $4::text[], $5::bytea[], $6::jsonb[], $7::bytea[]) ON CONFLICT DO NOTHING
"""


async def load(connection: asyncpg.Connection, source: str, parts: Sequence[int]) -> dict[int, dict[int, Received]]:
    """What is parked, by part and sequence."""
    waiting: dict[int, dict[int, Received]] = {}
    for row in await connection.fetch(LOAD, source, parts):
        event = receive(_record(row), source)
        waiting.setdefault(event.part, {})[event.sequence] = event
    return waiting


async def replace(connection: asyncpg.Connection, source: str, part: int, events: Sequence[Received]) -> None:
    """Makes `events` all that is parked of a part."""
    sequences = [event.sequence for event in events]
    await connection.execute(REMOVE, source, part, sequences)
    records = [event.record for event in events]
    await connection.execute(
        INSERT,
        source,
        part,
        sequences,
        [r.topic for r in records],
        [r.key for r in records],
        [stored_headers(r) for r in records],
        [r.value for r in records],
    )


def longest_wait(waiting: Mapping[int, Mapping[int, Received]]) -> float:
    """Seconds that the oldest parked event has waited; 0 where none is."""
    times = [event.record.timestamp for events in waiting.values() for event in events.values()]
    return max(0.0, time.time() - min(times) / 1000) if times else 0.0


def _record(row: asyncpg.Record) -> ConsumerRecord:
    return ConsumerRecord(
        topic=row["topic"],
        partition=row["part"],
        offset=-1,
        timestamp=int(row["at"] * 1000),
        timestamp_type=0,
        key=row["key"],
        value=row["value"],
        checksum=None,
        serialized_key_size=len(row["key"] or b""),
        serialized_value_size=len(row["value"] or b""),
        headers=restored_headers(row["headers"]),
    )
