"""The channel counter reads, once a UTC day, what was put on feedback's topic in the days that count.

Buckets would have to hold every channel of every day for the one question that is asked of them, at the cost of each
event. It works at leisure: when next to nothing waits to be counted, a few messages at a time, with rests that are
longer than the work, and never in two workers at once.
"""

import asyncio
import random
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from prometheus_client import Histogram
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.channels import store
from services.metrics.channels.store import Position
from services.metrics.channels.tally import ChannelTally, first_day
from services.metrics.scores.days import today
from shared.cloudevents import InvalidEvent
from shared.database import TRANSIENT, connection
from shared.inbox.received import receive

log = structlog.get_logger()

SECONDS = Histogram("channel_counter_seconds", "Time to count inputs by channel, with rests")

PAUSE_SECONDS = 5.0
FEW = 1_000
"""Messages at a time."""
REST = 4
"""It rests so many times longer than it worked."""
MOST_WAITING = 10_000
"""With more messages that nobody has counted yet, counting comes first."""


class ChannelCounter:
    """Counts for as long as the worker runs."""

    def __init__(self, engine: AsyncEngine, bootstrap: str, topic: str, source: str) -> None:
        self._engine = engine
        self._bootstrap = bootstrap
        self._topic = topic
        self._source = source

    async def run(self) -> None:
        """Works until cancelled. Faults of Kafka or PostgreSQL are waited out."""
        while True:
            try:
                with SECONDS.time():
                    await self.step()
            except (*TRANSIENT, KafkaError) as error:
                log.warning("counting by channel interrupted", error=repr(error))
            await asyncio.sleep(PAUSE_SECONDS + random.random())

    async def step(self, day: date | None = None) -> bool:
        """Counts the days that end with today, or a later day, unless they have been; tells whether it did."""
        day = day or today()
        async with connection(self._engine) as database:
            counted = await store.counted_on(database)
            if (counted is not None and counted >= day) or not await store.take_turn(database):
                return False
            try:
                standing = await store.standing(database, self._topic, self._source)
                tally = await self._count(standing, day)
                if tally is None:
                    return False
                async with database.transaction():
                    await store.keep(database, day, standing, tally.uses())
            finally:
                await store.end_turn(database)
        log.info("inputs counted by channel", day=day.isoformat())
        return True

    async def _count(self, standing: Mapping[int, Position], day: date) -> ChannelTally | None:
        """None while too much waits to be counted, or nothing has been yet."""
        positions = {TopicPartition(self._topic, part): position for part, position in standing.items()}
        if not positions:
            return None
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            ends = await consumer.end_offsets(list(positions))
            if sum(ends[each] - position.offset for each, position in positions.items()) > MOST_WAITING:
                return None
            return await self._read(consumer, positions, ChannelTally(day), first_day(day))
        finally:
            await consumer.stop()

    async def _read(
        self, consumer: AIOKafkaConsumer, positions: Mapping[TopicPartition, Position], tally: ChannelTally, first: date
    ) -> ChannelTally:
        left = await _seek(consumer, positions, first)
        seen = dict.fromkeys(positions, 0)
        while left:
            fetched = await consumer.getmany(*left, timeout_ms=500, max_records=FEW)
            started = time.perf_counter()
            for partition, records in fetched.items():
                seen[partition] = self._take(records, positions[partition], seen[partition], tally)
            worked = time.perf_counter() - started
            left = [each for each in left if await consumer.position(each) < positions[each].offset]
            await asyncio.sleep(REST * worked)
        return tally

    def _take(self, records: list[ConsumerRecord], position: Position, seen: int, tally: ChannelTally) -> int:
        """Takes each event once that metrics has counted; returns the number of the last one."""
        for record in records:
            try:
                event = receive(record, self._source)
            except InvalidEvent:
                continue
            if record.offset < position.offset and seen < event.sequence <= position.mark:
                tally.take(event.type, event.data)
                seen = event.sequence
        return seen


async def _seek(
    consumer: AIOKafkaConsumer, positions: Mapping[TopicPartition, Position], first: date
) -> list[TopicPartition]:
    """Stands where input of the first day may begin; the partitions in which there is something to read.

    What was given on a day was published then or later. A day more is read, for clocks differ.
    """
    consumer.assign(list(positions))
    begin = datetime.combine(first, datetime.min.time(), UTC) - timedelta(1)
    found = await consumer.offsets_for_times(dict.fromkeys(positions, int(begin.timestamp() * 1000)))
    starts = {each: at.offset for each, at in found.items() if at is not None and at.offset < positions[each].offset}
    for each, offset in starts.items():
        consumer.seek(each, offset)
    return list(starts)
