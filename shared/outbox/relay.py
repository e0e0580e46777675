"""The relay: publishes a service's outbox to Kafka, each part in its order, under a lease that the database fences.

A part's rows go out in one batch at a time, so that a failed send can never be overtaken. A relay that lost its lease
finds so when it acknowledges (no row matches its fence) and stops: what it sent in vain comes again from its
successor, after the first occurrence, and consumers know it by its sequence number.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from uuid import UUID

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from prometheus_client import Counter, Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import failpoints
from shared.contracts.registry import schema_urn
from shared.database import TRANSIENT, connection
from shared.ids import uuid7
from shared.outbox.tables import drop_partitions, make_partitions
from shared.settings import PARTITIONS

log = structlog.get_logger()

UNPUBLISHED = Gauge("outbox_unpublished_events", "Events in the outbox that Kafka has not acknowledged")
OLDEST = Gauge("outbox_oldest_unpublished_seconds", "Age of the oldest such event")
LEASES_LOST = Counter("relay_lease_lost_total", "Times that a part was taken over by another relay")
RECYCLED = Counter("relay_producer_recycled_total", "Times that the producer was thrown away after an error")
PUBLISHED = Counter("relay_published_events_total", "Events acknowledged by Kafka")

BATCH_ROWS = 2_000
BUSY_SECONDS, IDLE_SECONDS = 0.01, 0.1
"""How often the relay looks for new events: while there were some in the last second, and otherwise."""
MAINTENANCE_SECONDS = 600

TAKE = """
UPDATE outbox_relay SET owner = $1, fence = fence + (owner IS DISTINCT FROM $1)::int,
       lease_until = clock_timestamp() + make_interval(secs => $2)
WHERE part IN (SELECT part FROM outbox_relay WHERE owner = $1 OR lease_until < clock_timestamp()
               ORDER BY part FOR UPDATE SKIP LOCKED)
RETURNING part, fence, acked_seq
"""
RELEASE = "UPDATE outbox_relay SET lease_until = '-infinity' WHERE owner = $1"
# Ids and times are written as text by the server, which has more time for it than the relay.
ROWS = """
SELECT part, seq, id::text AS id, aggregatetype, aggregateid, type, payload, content_type, traceparent, tracestate,
       to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time
FROM outbox
"""
READ = f"{ROWS} WHERE part = $1 AND seq > $2 ORDER BY seq LIMIT {BATCH_ROWS}"
NEWEST = "SELECT part, seq FROM outbox_counter WHERE part = ANY ($1::smallint[])"
ACKNOWLEDGE = """
UPDATE outbox_relay SET acked_seq = $3 WHERE part = $1 AND fence = $2 AND lease_until > clock_timestamp() RETURNING part
"""
BACKLOG = """
SELECT coalesce(sum(c.seq - r.acked_seq), 0)::bigint AS events,
       coalesce(max(extract(epoch FROM clock_timestamp() - oldest.at)), 0)::float8 AS seconds
FROM outbox_counter c JOIN outbox_relay r USING (part) LEFT JOIN LATERAL (
    SELECT created_at AS at FROM outbox o WHERE o.part = r.part AND o.seq > r.acked_seq ORDER BY o.seq LIMIT 1
) oldest ON true
"""


class LeaseLost(Exception):
    """Another relay owns the part now."""


Header = tuple[str, bytes]


@lru_cache(maxsize=4_096)
def _constant_headers(service: str, part: int, type_: str, content_type: str) -> tuple[Header, ...]:
    """What all events of a part and type have in common."""
    return (
        ("ce_source", f"/civicloop/{service}/{part}".encode()),
        ("ce_type", type_.encode()),
        ("ce_specversion", b"1.0"),
        ("ce_dataschema", schema_urn(type_).encode()),
        ("content-type", content_type.encode()),
    )


def kafka_headers(service: str, part: int, row: asyncpg.Record) -> list[Header]:
    """The attributes of one of `ROWS` as a CloudEvent in binary mode, first those that every reader needs."""
    source, type_, version, schema, content = _constant_headers(service, part, row["type"], row["content_type"])
    headers = [
        source,
        type_,
        ("ce_sequence", b"%020d" % row["seq"]),
        version,
        ("ce_id", row["id"].encode()),
        ("ce_time", row["time"].encode()),
        ("ce_subject", row["aggregateid"].encode()),
        schema,
        content,
    ]
    traces = (("ce_traceparent", row["traceparent"]), ("ce_tracestate", row["tracestate"]))
    return headers + [(name, value.encode()) for name, value in traces if value]


class Relay:
    """Publishes the parts whose leases it holds; several relays of one service share the parts among them.

    `new_producer` makes a producer that is not yet started; one that failed is thrown away, for an idempotent
    producer can wedge a partition for good (aiokafka issue 1017).
    """

    def __init__(
        self,
        engine: AsyncEngine,
        new_producer: Callable[[], AIOKafkaProducer],
        service: str,
        *,
        lease_seconds: float = 10,
        retention_days: int = 14,
    ) -> None:
        self._engine = engine
        self._new_producer = new_producer
        self._service = service
        self._lease_seconds = lease_seconds
        self._retention_days = retention_days
        self._owner: UUID = uuid7()
        self._parts: dict[int, asyncio.Task[None]] = {}
        self._news: dict[int, asyncio.Event] = {}

    async def run(self) -> None:
        """Works until cancelled, then gives its leases back. Faults of Kafka or PostgreSQL are waited out."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._forever(self._maintain))
            tasks.create_task(self._forever(self._publish))

    async def _forever(self, step: Callable[[], Awaitable[None]]) -> None:
        """Repeats a step that runs until something fails."""
        while True:
            try:
                await step()
            except (*TRANSIENT, KafkaError) as error:
                RECYCLED.inc()
                log.warning("relay interrupted", service=self._service, error=repr(error))
                await asyncio.sleep(0.2 + random.random() * 0.8)

    async def _maintain(self) -> None:
        while True:
            async with connection(self._engine) as database:
                await make_partitions(database)
                await drop_partitions(database, self._retention_days)
            await asyncio.sleep(MAINTENANCE_SECONDS)

    async def _publish(self) -> None:
        """Holds a producer and the leases for as long as all goes well."""
        producer = self._new_producer()
        looking = asyncio.create_task(self._look_for_news())
        try:
            await producer.start()
            await self._hold_leases(producer, looking)
        finally:
            looking.cancel()
            await self._stop_parts()
            await self._release()
            with suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(producer.stop(), 5)

    async def _look_for_news(self) -> None:
        """One query for all parts tells which have new events: an idle relay costs next to nothing."""
        newest: dict[int, int] = {}
        last_news = 0.0
        while True:
            async with connection(self._engine) as database:
                found = {row["part"]: row["seq"] for row in await database.fetch(NEWEST, list(self._parts))}
            for part, sequence in found.items():
                if sequence != newest.get(part):
                    last_news = time.monotonic()
                    self._news[part].set()
            newest = found
            await asyncio.sleep(BUSY_SECONDS if time.monotonic() - last_news < 1 else IDLE_SECONDS)

    async def _hold_leases(self, producer: AIOKafkaProducer, looking: asyncio.Task[None]) -> None:
        while not looking.done():
            async with connection(self._engine) as database:
                taken = await database.fetch(TAKE, self._owner, self._lease_seconds)
                (backlog,) = await database.fetch(BACKLOG)
            UNPUBLISHED.set(backlog["events"])
            OLDEST.set(backlog["seconds"])
            for row in taken:
                self._start_part(producer, row["part"], row["fence"], row["acked_seq"])
            await self._watch_parts(self._lease_seconds / 4)
        looking.result()

    def _start_part(self, producer: AIOKafkaProducer, part: int, fence: int, acked: int) -> None:
        if part not in self._parts:
            self._news[part] = asyncio.Event()
            self._news[part].set()
            self._parts[part] = asyncio.create_task(self._publish_part(producer, part, fence, acked))

    async def _watch_parts(self, seconds: float) -> None:
        """Waits until leases are due for renewal, or a part has stopped: a lost lease is forgotten, a fault raised."""
        if not self._parts:
            await asyncio.sleep(seconds)
            return
        await asyncio.wait(self._parts.values(), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for part, task in list(self._parts.items()):
            if task.done():
                del self._parts[part]
                try:
                    task.result()
                except LeaseLost:
                    LEASES_LOST.inc()
                    log.warning("lease lost", service=self._service, part=part)

    async def _publish_part(self, producer: AIOKafkaProducer, part: int, fence: int, acked: int) -> None:
        while True:
            await self._news[part].wait()
            self._news[part].clear()
            acked = await self._publish_new(producer, part, fence, acked)

    async def _publish_new(self, producer: AIOKafkaProducer, part: int, fence: int, acked: int) -> int:
        """Publishes all there is of a part after `acked`; returns how far it came."""
        rows: Sequence[asyncpg.Record] = []
        while True:
            if not rows:
                async with connection(self._engine) as database:
                    rows = await database.fetch(READ, part, acked)
            if not rows:
                return acked
            failpoints.hit("relay.before_send")
            sent = await self._send(producer, part, rows)
            failpoints.hit("relay.after_send")
            acked = rows[sent - 1]["seq"]
            failpoints.hit("relay.before_ack")
            async with connection(self._engine) as database:
                if await database.fetchval(ACKNOWLEDGE, part, fence, acked) is None:
                    raise LeaseLost
            failpoints.hit("relay.after_ack")
            PUBLISHED.inc(sent)
            rows = rows[sent:]

    async def _send(self, producer: AIOKafkaProducer, part: int, rows: Sequence[asyncpg.Record]) -> int:
        """Sends the rows that fit one batch of the first row's topic; returns their number once Kafka has them all."""
        topic, batch, sent = rows[0]["aggregatetype"], producer.create_batch(), 0
        for row in rows:
            headers = kafka_headers(self._service, part, row)
            key, value = row["aggregateid"].encode(), row["payload"]
            if row["aggregatetype"] != topic:
                break
            if batch.append(key=key, value=value, timestamp=None, headers=headers) is None:
                break
            sent += 1
        delivered = await producer.send_batch(batch, topic, partition=part % PARTITIONS)
        await delivered
        return sent

    async def _stop_parts(self) -> None:
        for task in self._parts.values():
            task.cancel()
        await asyncio.gather(*self._parts.values(), return_exceptions=True)
        self._parts.clear()

    async def _release(self) -> None:
        with suppress(*TRANSIENT):
            async with connection(self._engine) as database:
                await database.execute(RELEASE, self._owner)
