"""Reading a service's part of the topic again, page by page, as the inbox read it: duplicates, what waits for a
predecessor, and dead letters have the effect that they had there.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiokafka.errors import KafkaError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.behind import store
from services.metrics.behind.matching import Added
from services.metrics.buckets.times import ImplausibleTime
from shared.contracts import feedback
from shared.contracts.base import UNREADABLE
from shared.contracts.feedback import FeedbackEvent
from shared.contracts.registry import UnknownType, decode
from shared.inbox.batch import Batch, Encoded, Refusals, Sorter, Standing
from shared.inbox.fetcher import Fetcher
from shared.inbox.received import Received
from shared.outbox.append import part_of

MOST_READ = 20_000
"""Messages of the topic that one page looks at."""
AT_A_TIME = 5_000
AT_ONCE = 2
"""Pages that are read at the same time; others wait, for each takes a core for a while."""
SECONDS = 30

Match = Callable[[Sequence[FeedbackEvent]], list[list[Added]]]
"""What each of some events added."""


class TopicUnavailable(Exception):
    """Kafka does not answer now."""


class Place(NamedTuple):
    """Where a page begins: an offset, and the number of the last event seen. `end`: the offset before which a list
    ends, which is where counting stood when it began.
    """

    offset: int = 0
    mark: int = 0
    end: int | None = None


class Found(NamedTuple):
    """An event that added something."""

    received: Received
    added: list[Added]


class Pages(NamedTuple):
    """What one page found, having looked at `read` messages; without `following` it was the last."""

    found: list[Found]
    read: int
    following: Place | None


class _Nothing:
    """A handler for the inbox's sorter, whose events are taken as they came."""

    def prepare(self, events: Sequence[Encoded]) -> tuple[None, Refusals]:
        return None, {}

    def join(self, prepared: Sequence[None]) -> None:
        return None

    async def apply(self, connection: object, prepared: None) -> None:
        raise NotImplementedError


class EventsBehind:
    """Finds events of one topic."""

    def __init__(
        self, engine: AsyncEngine, bootstrap: str, topic: str = feedback.TOPIC, source: str = "/civicloop/feedback"
    ) -> None:
        self._engine = engine
        self._bootstrap = bootstrap
        self._topic = topic
        self._sorter = Sorter(_Nothing(), source, gaps=False)
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def page(self, service_id: str, place: Place, match: Match, limit: int) -> Pages:
        """The next events of a service that added something, at most `limit`, and few enough messages read."""
        part = part_of(service_id)
        position = await store.position(self._engine, self._topic, part)
        end = position if place.end is None else min(place.end, position)
        async with self._turn:
            try:
                async with asyncio.timeout(SECONDS):
                    return await self._page(service_id, part, place._replace(end=end), match, limit)
            except (KafkaError, TimeoutError, OSError) as error:
                raise TopicUnavailable from error

    async def _page(self, service_id: str, part: int, place: Place, match: Match, limit: int) -> Pages:
        found: list[Found] = []
        end = place.end or 0
        if place.offset >= end:
            return Pages(found, 0, None)
        standing, read = Standing(offsets={part: place.offset}, marks={part: place.mark}), 0
        async with self._reading(part, place.offset) as fetcher:
            while standing.offsets[part] < end and (read < MOST_READ or standing.parked.get(part)):
                fetched = await fetcher.fetch()
                batch: Batch[None] = Batch()
                stretches = {part: each.until(min(end, each.offset + AT_A_TIME)) for part, each in fetched.items()}
                self._sorter.add(batch, standing, stretches, keep_events=True)
                applied = batch.events
                read += batch.messages
                for number, one in await asyncio.to_thread(_matches, applied, service_id, match):
                    if len(found) == limit:
                        before = [event.record.offset for event in applied[number:]]
                        return Pages(found, read, Place(min(before), applied[number].sequence - 1, end))
                    found.append(one)
                standing.take(batch.after)
                fetcher.seek(standing.offsets)
        following = Place(standing.offsets[part], standing.marks[part], end)
        return Pages(found, read, following if following.offset < end else None)

    @asynccontextmanager
    async def _reading(self, part: int, offset: int) -> AsyncIterator[Fetcher]:
        fetcher = Fetcher(self._bootstrap, self._topic)
        try:
            await fetcher.start()
            fetcher.seek({part: offset})
            yield fetcher
        finally:
            await fetcher.stop()


def _matches(applied: Sequence[Received], service_id: str, match: Match) -> list[tuple[int, Found]]:
    """Those of the events that are of a service and added something, with their places among all."""
    name = f'"{service_id}"'.encode()
    decoded = [(n, _decoded(one)) for n, one in enumerate(applied) if name in one.data]
    events = [(number, event) for number, event in decoded if event is not None and event.service_id == service_id]
    added = _each(match, [event for _, event in events])
    pairs = zip(events, added, strict=True)
    return [(number, Found(applied[number], of_it)) for (number, _), of_it in pairs if of_it]


def _each(match: Match, events: Sequence[FeedbackEvent]) -> list[list[Added]]:
    """What each event added; one that cannot be is a dead letter, and added nothing."""
    try:
        return match(events)
    except ImplausibleTime:
        if len(events) == 1:
            return [[]]
        half = len(events) // 2
        return _each(match, events[:half]) + _each(match, events[half:])


def _decoded(one: Received) -> FeedbackEvent | None:
    try:
        event = decode(one.type, one.data)
    except (UnknownType, *UNREADABLE):
        return None
    return event if isinstance(event, FeedbackEvent) else None
