"""The consumer: batches of events take effect in one PostgreSQL transaction that also moves the position.

The position in the database is the only truth: it is compared and set in that transaction, so that a batch which
another worker has already applied (a rebalance runs while batches are in flight) rolls back whole. Offsets committed
to Kafka serve lag displays alone.
"""

import asyncio
import os
import random
import time
from collections.abc import Mapping
from typing import Generic

import asyncpg
import structlog
from aiokafka.errors import KafkaError
from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import failpoints
from shared.database import TRANSIENT, connection, transaction
from shared.inbox import dead_letters, parked
from shared.inbox.batch import Batch, Handler, P, Sorter, Standing, Stretches
from shared.inbox.dead_letters import Rejected
from shared.inbox.membership import Membership

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

FEW = 100
"""Messages that are taken at a time where some event among them cannot be applied."""

BACKLOG = 1_000
"""With more messages than this to come, a batch is filled before it takes effect; with fewer, freshness matters."""


class Conflict(Exception):
    """Another worker has moved the position, or has been given the partitions."""


class Unusable(Exception):
    """Some event of a batch cannot be applied."""


class Consumer(Generic[P]):
    """Consumes one topic whose owner numbers its events per partition, from `source` (such as `/civicloop/feedback`).

    `instance` names this member for as long as it may come again. `gaps`: the topic is compacted, numbers may be
    missing for ever.
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
        instance: str | None = None,
        gaps: bool = False,
        max_records: int = 120_000,
        watchdog_seconds: float = 60,
    ) -> None:
        self._engine = engine
        self._handler = handler
        self._bootstrap = bootstrap
        self.topic = topic
        self._source = source
        self._sorter = Sorter(handler, source, gaps=gaps)
        self._group = group
        self._instance = instance
        self._max_records = max_records
        self._watchdog_seconds = watchdog_seconds
        self._standing = Standing()
        self._careful: dict[int, int] = {}
        self._progress = time.monotonic()

    @property
    def ready(self) -> bool:
        """Whether events are being taken: nothing is left to do, or something was done lately."""
        return bool(self._standing.offsets) and time.monotonic() - self._progress < self._watchdog_seconds / 2

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
        member = Membership(self._bootstrap, self.topic, self._group, self._instance)
        try:
            await member.start()
            while True:
                try:
                    await self._step(member)
                except (*TRANSIENT, Conflict, Unusable) as error:
                    member.changed = True
                    await self._wait_out(error)
        finally:
            self._standing = Standing()
            await member.stop()

    async def _wait_out(self, error: Exception) -> None:
        log.warning("consumer interrupted", topic=self.topic, error=repr(error))
        await asyncio.sleep(0.1 + random.random() * 0.4)

    async def _step(self, member: Membership) -> None:
        fetched = await member.fetch(0.2)
        if member.changed:
            # Whatever was fetched is of partitions that may be another's now: read again from the database's positions.
            member.changed = False
            await self._resume(member)
            return
        small_steps = bool(self._careful)
        if small_steps:
            fetched = {part: stretch.until(stretch.offset + FEW) for part, stretch in fetched.items()}
        stretches = self._standing.expected(fetched)
        if stretches:
            await self._take(member, await self._collect(member, stretches))
        if small_steps:
            member.seek(self._standing.offsets)  # what was fetched beyond them was left
        self._note_progress(member, bool(stretches))

    async def _collect(self, member: Membership, stretches: Stretches) -> Batch[P]:
        """A batch of these messages, and of what follows at once while there is a backlog."""
        batch: Batch[P] = Batch()
        self._sorter.add(batch, self._standing, stretches, keep_events=bool(self._careful))
        while batch.messages < self._max_records and not self._careful and self._lag(member, batch) > BACKLOG:
            fetched = await member.fetch(0.02)
            if member.changed:
                raise Conflict("partitions were assigned anew")
            reached = Standing(self._standing.offsets | batch.after.offsets)
            self._sorter.add(batch, self._standing, reached.expected(fetched))
        return batch

    async def _resume(self, member: Membership) -> None:
        """Starts the assigned partitions where the database stands."""
        failpoints.hit("consumer.assigned")
        await self._load(member.partitions)
        member.seek(self._standing.offsets)
        log.info("partitions assigned", topic=self.topic, offsets=self._standing.offsets)

    async def _load(self, partitions: list[int]) -> None:
        async with connection(self._engine) as database:
            await database.execute(START, self.topic, partitions)
            offsets = {row[0]: row[1] for row in await database.fetch(POSITIONS, self.topic, partitions)}
            marks = {row[0]: row[1] for row in await database.fetch(MARKS, self._source, partitions)}
            waiting = await parked.load(database, self._source, partitions)
        self._standing = Standing(offsets, marks, waiting)

    async def _take(self, member: Membership, batch: Batch[P]) -> None:
        """Lets a batch take effect. One with an unusable event is read again, to find that event."""
        started = time.perf_counter()
        try:
            await self._commit(batch)
        except Conflict:
            CONFLICTS.inc()
            raise
        except Unusable as error:
            log.error("a batch failed, going on in small steps", topic=self.topic, error=repr(error.__cause__))
            self._careful = dict(batch.after.offsets)
            raise
        failpoints.hit("consumer.after_commit")
        self._remember(batch)
        BATCH_SECONDS.observe(time.perf_counter() - started)
        FRESHNESS.observe(max(0.0, time.time() - batch.newest / 1000))
        await member.commit(batch.after.offsets)

    async def _commit(self, batch: Batch[P]) -> None:
        after = batch.after
        async with transaction(self._engine) as database:
            # First, so that whoever holds a position holds up what would take effect beyond it.
            await self._move(database, after.offsets)
            await self._apply(database, batch)
            failpoints.hit("consumer.after_apply")
            for part, events in after.parked.items():
                await parked.replace(database, self._source, part, list(events.values()))
            if after.marks:
                await database.execute(MARK, self._source, list(after.marks), list(after.marks.values()))
            if batch.rejected:
                await dead_letters.bury(database, batch.rejected)
                await dead_letters.publish(database, batch.rejected)
            failpoints.hit("consumer.before_commit")
        EVENTS.labels("applied").inc(batch.applied)
        EVENTS.labels("dead").inc(len(batch.rejected))
        EVENTS.labels("duplicate").inc(batch.duplicates)
        EVENTS.labels("parked").inc(self._newly_parked(batch))

    async def _move(self, database: asyncpg.Connection, offsets: Mapping[int, int]) -> None:
        partitions = list(offsets)
        old = [self._standing.offsets[p] for p in partitions]
        moved = await database.fetch(MOVE, self.topic, partitions, old, [offsets[p] for p in partitions])
        if len(moved) != len(partitions):
            raise Conflict(f"{len(partitions) - len(moved)} of {len(partitions)} positions have moved")

    async def _apply(self, database: asyncpg.Connection, batch: Batch[P]) -> None:
        """Applies a batch as one; where its events are at hand, those that cannot be applied are found and rejected."""
        try:
            async with database.transaction():
                await self._handler.apply(database, self._handler.join(batch.prepared))
        except TRANSIENT:
            raise
        except Exception as error:
            if not batch.events:
                raise Unusable from error
            await self._apply_singly(database, batch)

    async def _apply_singly(self, database: asyncpg.Connection, batch: Batch[P]) -> None:
        for event in batch.events:
            prepared, _ = self._handler.prepare([(event.type, event.data)])
            try:
                async with database.transaction():
                    await self._handler.apply(database, prepared)
            except TRANSIENT:
                raise
            except Exception as error:
                batch.applied -= 1
                batch.rejected.append(Rejected(event.record, f"{type(error).__name__}: {error}"))

    def _newly_parked(self, batch: Batch[P]) -> int:
        before = self._standing.parked
        return sum(len(events.keys() - before.get(part, {}).keys()) for part, events in batch.after.parked.items())

    def _remember(self, batch: Batch[P]) -> None:
        self._standing.take(batch.after)
        offsets = self._standing.offsets
        self._careful = {p: end for p, end in self._careful.items() if offsets.get(p, end) < end}
        PARKED.set(sum(map(len, self._standing.parked.values())))
        GAP.set(parked.longest_wait(self._standing.parked))

    def _note_progress(self, member: Membership, advanced: bool) -> None:
        lag = self._lag(member)
        LAG.set(lag)
        if advanced or (lag == 0 and self._standing.offsets):
            self._progress = time.monotonic()

    def _lag(self, member: Membership, batch: Batch[P] | None = None) -> int:
        """Messages to come, after a batch if one is given, in the partitions that are still assigned."""
        offsets = self._standing.offsets | (batch.after.offsets if batch else {})
        return sum(max(0, member.end(part) - offsets[part]) for part in member.partitions if part in offsets)

    async def _watch(self) -> None:
        """Ends the process when nothing moves although there is work: a client can get stuck (aiokafka issue 1154)."""
        while True:
            await asyncio.sleep(self._watchdog_seconds / 10)
            standstill = time.monotonic() - self._progress
            if standstill > self._watchdog_seconds and self._standing.offsets:
                log.critical("no progress, ending the process", topic=self.topic, seconds=round(standstill))
                os._exit(70)
