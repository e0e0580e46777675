"""The consumer: batches of events take effect in one PostgreSQL transaction that also moves the position.

The position in the database is the only truth: it is compared and set in that transaction, so that a batch which
another worker has already applied (a rebalance runs while batches are in flight) rolls back whole. Offsets committed
to Kafka serve lag displays alone.
"""

import asyncio
import os
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Generic, NamedTuple, Protocol, TypeVar

import asyncpg
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import failpoints
from shared.cloudevents import InvalidEvent
from shared.database import TRANSIENT, connection, transaction
from shared.inbox import dead_letters, parked
from shared.inbox.dead_letters import Rejected
from shared.inbox.positions import sort_out
from shared.inbox.received import Received, receive
from shared.kafka import new_consumer

log = structlog.get_logger()

BATCH_SECONDS = Histogram("consumer_batch_seconds", "Time that a batch took, from decoding to commit")
EVENTS = Counter("consumer_events_total", "Events by what became of them", ["outcome"])
CONFLICTS = Counter("consumer_cas_conflicts_total", "Batches rolled back because another worker was there first")
PARKED = Gauge("consumer_parked_events", "Events that wait for a predecessor")
GAP = Gauge("consumer_gap_seconds", "For how long the oldest parked event has waited")
LAG = Gauge("kafka_lag_events", "Messages of assigned partitions not yet applied")
FRESHNESS = Histogram("end_to_end_freshness_seconds", "From an event's arrival in Kafka to its effect")

MOVE = """
UPDATE consumer_offset o SET next_offset = n.new
FROM unnest($2::int[], $3::bigint[], $4::bigint[]) AS n (partition, old, new)
WHERE o.topic = $1 AND o.partition = n.partition AND o.next_offset = n.old RETURNING o.partition
"""
MARK = """
INSERT INTO source_position (source, part, seq) SELECT $1, * FROM unnest($2::smallint[], $3::bigint[])
ON CONFLICT (source, part) DO UPDATE SET seq = excluded.seq
"""
POSITIONS = "SELECT partition, next_offset FROM consumer_offset WHERE topic = $1 AND partition = ANY ($2::int[])"
START = "INSERT INTO consumer_offset SELECT $1, p, 0 FROM unnest($2::int[]) p ON CONFLICT DO NOTHING"
MARKS = "SELECT part, seq FROM source_position WHERE source = $1 AND part = ANY ($2::smallint[])"

P = TypeVar("P")


class Handler(Protocol[P]):
    """What a service does with the events of a topic.

    `prepare` is pure: it decodes events, in order, and returns what `apply` needs together with the events that cannot
    be used, each with its reason. `apply` runs inside the consumer's transaction and must not commit; it may raise a
    transient fault (the batch is repeated) or any other exception (the events are then tried one by one, and those
    that fail become dead letters).
    """

    def prepare(self, events: Sequence[Received]) -> tuple[P, list[Rejected]]: ...

    async def apply(self, connection: asyncpg.Connection, prepared: P) -> None: ...


class Conflict(Exception):
    """Another worker has moved the position."""


class Batch(NamedTuple):
    """What a batch of messages comes to, before it takes effect."""

    apply: list[Received]
    rejected: list[Rejected]
    parked: dict[int, list[Received]]
    marks: dict[int, int]
    offsets: dict[int, int]
    duplicates: int
    newest: float


class _Assignment(ConsumerRebalanceListener):  # type: ignore[misc]
    """Notes that partitions were assigned. Nothing more: a listener's exceptions are swallowed."""

    def __init__(self) -> None:
        self.changed = False

    async def on_partitions_revoked(self, revoked: object) -> None:
        pass

    async def on_partitions_assigned(self, assigned: object) -> None:
        self.changed = True


class Consumer(Generic[P]):
    """Consumes one topic whose owner numbers its events per partition, from `source` (such as `/civicloop/feedback`).

    `gaps`: the topic is compacted, numbers may be missing for ever.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        handler: Handler[P],
        *,
        bootstrap: str,
        topic: str,
        source: str,
        group: str,
        gaps: bool = False,
        max_records: int = 20_000,
        watchdog_seconds: float = 60,
    ) -> None:
        self._engine = engine
        self._handler = handler
        self._bootstrap = bootstrap
        self.topic = topic
        self._source = source
        self._group = group
        self._gaps = gaps
        self._max_records = max_records
        self._watchdog_seconds = watchdog_seconds
        self._offsets: dict[int, int] = {}
        self._marks: dict[int, int] = {}
        self._parked: dict[int, dict[int, Received]] = {}
        self._progress = time.monotonic()

    @property
    def ready(self) -> bool:
        """Whether events are being taken: nothing is left to do, or something was done lately."""
        return bool(self._offsets) and time.monotonic() - self._progress < self._watchdog_seconds / 2

    async def run(self) -> None:
        """Works until cancelled. Faults of Kafka or PostgreSQL are waited out; standstill ends the process."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch())
            while True:
                try:
                    await self._consume()
                except (KafkaError, OSError) as error:
                    await self._wait_out(error)

    async def _consume(self) -> None:
        """One life of a Kafka consumer, until Kafka fails."""
        consumer = new_consumer(self._bootstrap, self._group)
        assignment = _Assignment()
        consumer.subscribe([self.topic], listener=assignment)
        try:
            await consumer.start()
            while True:
                try:
                    await self._step(consumer, assignment)
                except (*TRANSIENT, Conflict) as error:
                    assignment.changed = True
                    await self._wait_out(error)
        finally:
            self._offsets.clear()
            with suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(consumer.stop(), 5)

    async def _wait_out(self, error: Exception) -> None:
        log.warning("consumer interrupted", topic=self.topic, error=repr(error))
        await asyncio.sleep(0.1 + random.random() * 0.4)

    async def _step(self, consumer: AIOKafkaConsumer, assignment: "_Assignment") -> None:
        fetched = await consumer.getmany(timeout_ms=200, max_records=self._max_records)
        if assignment.changed:
            # Whatever was fetched came from a position that Kafka chose: read again from the database's.
            assignment.changed = False
            await self._resume(consumer)
            return
        messages = self._expected(fetched)
        if messages:
            await self._take(consumer, messages)
        self._note_progress(consumer, bool(messages))

    async def _resume(self, consumer: AIOKafkaConsumer) -> None:
        """Starts the assigned partitions where the database stands."""
        await self._load(sorted(p.partition for p in consumer.assignment()))
        for partition, offset in self._offsets.items():
            consumer.seek(TopicPartition(self.topic, partition), offset)
        log.info("partitions assigned", topic=self.topic, offsets=self._offsets)

    async def _load(self, partitions: list[int]) -> None:
        async with connection(self._engine) as database:
            await database.execute(START, self.topic, partitions)
            offsets = {row[0]: row[1] for row in await database.fetch(POSITIONS, self.topic, partitions)}
            marks = {row[0]: row[1] for row in await database.fetch(MARKS, self._source, partitions)}
            waiting = await parked.load(database, self._source, partitions)
        self._offsets, self._marks, self._parked = offsets, marks, waiting

    def _expected(self, fetched: Mapping[TopicPartition, Sequence[ConsumerRecord]]) -> list[ConsumerRecord]:
        """The messages that start where the database stands; what a seek has overtaken is left out."""
        messages: list[ConsumerRecord] = []
        for partition, records in fetched.items():
            offset = self._offsets.get(partition.partition)
            if offset is None or not records:
                continue
            messages += records if records[0].offset >= offset else [r for r in records if r.offset >= offset]
        return messages

    async def _take(self, consumer: AIOKafkaConsumer, messages: list[ConsumerRecord]) -> None:
        """Lets messages take effect. On a conflict the partitions are read again from the database's position."""
        started = time.perf_counter()
        batch = self._sort(messages)
        try:
            await self._commit(batch)
        except Conflict:
            CONFLICTS.inc()
            raise
        failpoints.hit("consumer.after_commit")
        self._remember(batch)
        BATCH_SECONDS.observe(time.perf_counter() - started)
        FRESHNESS.observe(max(0.0, time.time() - batch.newest / 1000))
        offsets = {TopicPartition(self.topic, p): offset for p, offset in batch.offsets.items()}
        with suppress(KafkaError):
            await consumer.commit(offsets)

    def _sort(self, messages: Iterable[ConsumerRecord]) -> Batch:
        arrived: dict[int, list[Received]] = {}
        rejected: list[Rejected] = []
        offsets: dict[int, int] = {}
        newest = 0.0
        for record in messages:
            offsets[record.partition] = record.offset + 1
            newest = record.timestamp
            try:
                event = receive(record, self._source)
            except InvalidEvent as error:
                rejected.append(Rejected(record, str(error)))
                continue
            arrived.setdefault(event.part, []).append(event)
        apply: list[Received] = []
        marks: dict[int, int] = {}
        waiting: dict[int, list[Received]] = {}
        duplicates = 0
        for part, events in arrived.items():
            outcome = sort_out(self._marks.get(part, 0), self._parked.get(part, {}), events, gaps=self._gaps)
            apply += outcome.apply
            duplicates += outcome.duplicates
            marks[part] = outcome.mark
            if outcome.park or self._parked.get(part):
                waiting[part] = outcome.park
        return Batch(apply, rejected, waiting, marks, offsets, duplicates, newest)

    async def _commit(self, batch: Batch) -> None:
        async with transaction(self._engine) as database:
            rejected = batch.rejected + await self._apply(database, batch.apply)
            failpoints.hit("consumer.after_apply")
            for part, events in batch.parked.items():
                await parked.replace(database, self._source, part, events)
            if batch.marks:
                await database.execute(MARK, self._source, list(batch.marks), list(batch.marks.values()))
            if rejected:
                await dead_letters.bury(database, rejected)
            await self._move(database, batch.offsets)
            if rejected:
                await dead_letters.publish(database, rejected)
            failpoints.hit("consumer.before_commit")
        EVENTS.labels("applied").inc(len(batch.apply) - len(rejected) + len(batch.rejected))
        EVENTS.labels("dead").inc(len(rejected))
        EVENTS.labels("duplicate").inc(batch.duplicates)
        EVENTS.labels("parked").inc(self._newly_parked(batch))

    async def _apply(self, database: asyncpg.Connection, events: list[Received]) -> list[Rejected]:
        """Applies the events that can be used; returns the others."""
        prepared, rejected = self._handler.prepare(events)
        try:
            async with database.transaction():
                await self._handler.apply(database, prepared)
        except TRANSIENT:
            raise
        except Exception as error:
            log.error("batch failed, trying its events one by one", topic=self.topic, error=repr(error))
            return await self._apply_singly(database, events)
        return rejected

    async def _apply_singly(self, database: asyncpg.Connection, events: list[Received]) -> list[Rejected]:
        rejected: list[Rejected] = []
        for event in events:
            prepared, unusable = self._handler.prepare([event])
            rejected += unusable
            try:
                async with database.transaction():
                    await self._handler.apply(database, prepared)
            except TRANSIENT:
                raise
            except Exception as error:
                rejected.append(Rejected(event.record, f"{type(error).__name__}: {error}"))
        return rejected

    async def _move(self, database: asyncpg.Connection, offsets: Mapping[int, int]) -> None:
        partitions = list(offsets)
        old = [self._offsets[p] for p in partitions]
        moved = await database.fetch(MOVE, self.topic, partitions, old, [offsets[p] for p in partitions])
        if len(moved) != len(partitions):
            raise Conflict(f"{len(partitions) - len(moved)} of {len(partitions)} positions have moved")

    def _newly_parked(self, batch: Batch) -> int:
        return sum(
            event.sequence not in self._parked.get(part, {})
            for part, events in batch.parked.items()
            for event in events
        )

    def _remember(self, batch: Batch) -> None:
        self._offsets.update(batch.offsets)
        self._marks.update(batch.marks)
        for part, events in batch.parked.items():
            self._parked[part] = {event.sequence: event for event in events}
        PARKED.set(sum(map(len, self._parked.values())))
        GAP.set(parked.longest_wait(self._parked))

    def _note_progress(self, consumer: AIOKafkaConsumer, advanced: bool) -> None:
        lag = sum(self._lag(consumer, partition) for partition in self._offsets)
        LAG.set(lag)
        if advanced or (lag == 0 and self._offsets):
            self._progress = time.monotonic()

    def _lag(self, consumer: AIOKafkaConsumer, partition: int) -> int:
        end = consumer.highwater(TopicPartition(self.topic, partition))
        return max(0, (end or 0) - self._offsets[partition])

    async def _watch(self) -> None:
        """Ends the process when nothing moves although there is work: a client can get stuck (aiokafka issue 1154)."""
        while True:
            await asyncio.sleep(self._watchdog_seconds / 10)
            standstill = time.monotonic() - self._progress
            if standstill > self._watchdog_seconds and self._offsets:
                log.critical("no progress, ending the process", topic=self.topic, seconds=round(standstill))
                os._exit(70)
