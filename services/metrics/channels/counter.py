"""The channel counter reads, once a UTC day, what was put on feedback's topic in the days that count.

Buckets would have to hold every channel of every day for the one question that is asked of them, at the cost of each
event. It works at leisure: when next to nothing waits to be counted, some thousand messages at a time, with rests that
are longer than the work, and never in two workers at once.
"""

import asyncio
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import structlog
from aiokafka.errors import KafkaError
from prometheus_client import Histogram
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.channels import store
from services.metrics.channels.store import Position
from services.metrics.channels.tally import ChannelTally, first_day
from services.metrics.scores.days import today
from shared.cloudevents import InvalidEvent
from shared.database import TRANSIENT, connection
from shared.inbox.history import history
from shared.inbox.received import receive
from shared.inbox.stretch import Stretch

log = structlog.get_logger()

SECONDS = Histogram("channel_counter_seconds", "Time to count inputs by channel, with rests")

PAUSE_SECONDS = 5.0
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
        offsets = {part: position.offset for part, position in standing.items()}
        if not offsets:
            return None
        async with history(self._bootstrap, self._topic) as topic:
            ends = await topic.ends(offsets)
            if sum(ends.values()) - sum(offsets.values()) > MOST_WAITING:
                return None
            starts = await topic.since(offsets, _begin(first_day(day)))
            tally, seen = ChannelTally(day), dict.fromkeys(offsets, 0)
            async for stretches in topic.read(starts, offsets):
                started = time.perf_counter()
                for part, stretch in stretches.items():
                    seen[part] = self._take(stretch, seen[part], standing[part].mark, tally)
                await asyncio.sleep(REST * (time.perf_counter() - started))
            return tally

    def _take(self, stretch: Stretch, seen: int, mark: int, tally: ChannelTally) -> int:
        """Takes each event once that metrics has counted; returns the number of the last one."""
        for sequence, type_, data in self._events(stretch):
            if seen < sequence <= mark:
                tally.take(type_, data)
                seen = sequence
        return seen

    def _events(self, stretch: Stretch) -> Iterator[tuple[int, str, bytes]]:
        plain = stretch.plain(self._source)
        if plain is not None:
            yield from ((number, *event) for number, event in zip(plain.sequences.tolist(), plain.events, strict=True))
            return
        for record in stretch.records():
            with suppress(InvalidEvent):
                event = receive(record, self._source)
                yield event.sequence, event.type, event.data


def _begin(first: date) -> datetime:
    """When input of that day may first have been published: then or later. A day is added, for clocks differ."""
    return datetime.combine(first, datetime.min.time(), UTC) - timedelta(1)
