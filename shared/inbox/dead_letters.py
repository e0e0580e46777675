"""What could not be used is kept with its reason, in the transaction that passes it by; nothing is lost in silence."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import asyncpg
from aiokafka import ConsumerRecord

from shared import topics
from shared.contracts.inbox import EventDied
from shared.ids import uuid7
from shared.inbox.received import stored_headers
from shared.outbox.append import DEAD_LETTERS, Outgoing, append, outgoing

INSERT = """
INSERT INTO dead_letter (id, topic, partition, "offset", key, headers, value, reason)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[], $4::bigint[], $5::bytea[], $6::jsonb[], $7::bytea[], $8::text[])
"""


class Rejected(NamedTuple):
    """A message and why it could not be used."""

    record: ConsumerRecord
    reason: str


async def bury(connection: asyncpg.Connection, rejected: Sequence[Rejected]) -> None:
    """Stores dead letters inside the transaction of the batch that they arrived in."""
    rows = [
        (
            uuid7(),
            r.topic,
            r.partition,
            r.offset,
            r.key,
            stored_headers(r),
            r.value,
            reason.replace("\0", "\\0")[:1_000],
        )
        for r, reason in rejected
    ]
    await connection.execute(INSERT, *map(list, zip(*rows, strict=True)))


async def publish(connection: asyncpg.Connection, rejected: Sequence[Rejected]) -> None:
    """Mirrors dead letters to their topic by the ordinary outbox: the last statement before COMMIT."""
    await append(connection, [_event(record, reason) for record, reason in rejected])


def _event(record: ConsumerRecord, reason: str) -> Outgoing:
    letter = EventDied(topic=record.topic, partition=record.partition, offset=record.offset, reason=reason[:1_000])
    key = (record.key or b"").decode(errors="replace").replace("\0", "") or record.topic
    event = outgoing(topics.dead_letters(record.topic), key, letter, datetime.now(UTC))
    return event._replace(first_part=DEAD_LETTERS)
