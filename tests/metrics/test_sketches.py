"""Who took part: sketches depend on the set of people alone, and forget those who took everything back."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta, timezone

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.kafka import EmbeddedKafka
from services.metrics.buckets.columns import Observations
from services.metrics.buckets.rebuild import SketchRebuilder
from services.metrics.buckets.sketches import merge, sketch_of
from services.metrics.consumes import FeedbackHandler
from shared.contracts.base import Contract
from shared.database import connection, engine
from shared.inbox.consumer import Consumer
from shared.topics import FACTS, dead_letters, ensure_topics
from tests.databases import Databases
from tests.messages import Message, Source, publish
from tests.metrics.lives import erased_rating, given_rating, opened, withdrawn

SOURCE = "/civicloop/feedback"
FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MARCH = date(2026, 3, 1)
LAMPS = ("town.lamps", "", MARCH)
topics = (f"town.sketches-{n}" for n in itertools.count())

Sketches = dict[tuple[str, str, date], tuple[bytes, bool]]


def people(count: int) -> list[str]:
    return [f"person {n}" for n in range(count)]


@pytest.mark.parametrize("count", [0, 1, 4_096, 4_097, 20_000])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), batches=st.integers(1, 9))
def test_bytes_depend_on_the_set_of_people_alone(count: int, seed: int, batches: int) -> None:
    """Not on who came first, who came twice, or who came together: below 4,096 people, at it and far beyond."""
    chance = random.Random(seed)
    whole = sketch_of(people(count))
    arrivals = people(count) + chance.sample(people(count), count // 10)
    chance.shuffle(arrivals)
    parts = [arrivals[n::batches] for n in range(batches)]
    one_after_another: bytes | None = None
    for part in parts:
        one_after_another = sketch_of(part, one_after_another)
    assert one_after_another == whole
    assert merge([sketch_of(part) for part in parts]) == whole


class Town:
    """Metrics' consumer and its rebuilding, on a topic and a database of their own."""

    def __init__(self, database: AsyncEngine, bootstrap: str, topic: str) -> None:
        self.database, self.bootstrap, self.topic = database, bootstrap, topic
        self.source = Source(SOURCE)
        self.handler = Pausing()
        self.rebuilder = SketchRebuilder(database, bootstrap, topic, SOURCE)
        self.written = 0

    def messages(self, *events: Contract) -> list[Message]:
        """The next events of their sources."""
        return [self.source.message(event.service_id, event) for event in events]

    async def write(self, messages: Sequence[Message]) -> None:
        await publish(self.bootstrap, self.topic, messages)
        self.written += len(messages)

    async def receive(self, *events: Contract) -> None:
        """Has events written and taken."""
        await self.write(self.messages(*events))
        await self.until_taken()

    async def until_taken(self) -> None:
        query = "SELECT coalesce(sum(next_offset), 0)::int AS sum FROM consumer_offset"
        while (await self.fetch(query))[0]["sum"] < self.written:
            await asyncio.sleep(0.02)

    async def fetch(self, query: str) -> list[asyncpg.Record]:
        async with connection(self.database) as reader:
            return await reader.fetch(query)

    async def sketches(self) -> Sketches:
        rows = await self.fetch("SELECT service_id, district_id, month, sketch, stale FROM contributor_sketch")
        return {(row[0], row[1], row[2]): (row[3], row[4]) for row in rows}

    @asynccontextmanager
    async def consuming(self) -> AsyncIterator[None]:
        consumer = Consumer(
            self.database,
            self.handler,
            bootstrap=self.bootstrap,
            topic=self.topic,
            source=SOURCE,
            group=self.topic,
        )
        running = asyncio.create_task(consumer.run())
        yield
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class Pausing(FeedbackHandler):
    """Metrics' handler; while `may_end` is not set, what it applied waits for its commit."""

    def __init__(self) -> None:
        super().__init__()
        self.may_end, self.applied = asyncio.Event(), asyncio.Event()
        self.may_end.set()

    async def apply(self, connection: asyncpg.Connection, prepared: Observations) -> None:
        await super().apply(connection, prepared)
        self.applied.set()
        await self.may_end.wait()


@pytest.fixture
async def town(databases: Databases, kafka: EmbeddedKafka) -> AsyncIterator[Town]:
    url, topic = databases.migrated("metrics"), next(topics)
    await ensure_topics(kafka.bootstrap, {topic: FACTS, dead_letters(topic): FACTS})
    database = engine(url)
    small = Town(database, kafka.bootstrap, topic)
    async with small.consuming():
        yield small
    await database.dispose()
    databases.drop(url)


async def test_a_withdrawal_makes_a_sketch_stale_until_it_is_rebuilt(town: Town) -> None:
    rating = given_rating(FIRST, 4, contributor="ann")
    elsewhere = given_rating(FIRST, 4, contributor="ann", district_id="town.north")
    before = given_rating(FIRST - DAY, 4, contributor="ann")
    await town.receive(rating, opened(FIRST + DAY, contributor="bob"), elsewhere, before)
    await town.receive(withdrawn(rating, FIRST + 40 * DAY))
    ann, both = sketch_of(["ann"]), sketch_of(["ann", "bob"])
    others: Sketches = {
        ("town.lamps", "town.north", MARCH): (ann, False),
        ("town.lamps", "", date(2026, 2, 1)): (ann, False),
    }
    assert await town.sketches() == others | {LAMPS: (both, True)}
    assert await town.rebuilder.renew() == 1
    assert await town.sketches() == others | {LAMPS: (sketch_of(["bob"]), False)}
    assert await town.rebuilder.renew() == 0


async def test_who_withdrew_one_of_two_inputs_still_took_part(town: Town) -> None:
    rating = given_rating(FIRST, 4, contributor="ann")
    await town.receive(rating, opened(FIRST + DAY, contributor="ann"), given_rating(FIRST, 1, contributor="bob"))
    await town.receive(withdrawn(rating, FIRST + 2 * DAY))
    await town.rebuilder.renew()
    assert await town.sketches() == {LAMPS: (sketch_of(["ann", "bob"]), False)}


async def test_a_sketch_of_nobody_is_gone(town: Town) -> None:
    rating = given_rating(FIRST, 4)
    await town.receive(rating, withdrawn(rating, FIRST))
    await town.rebuilder.renew()
    assert await town.sketches() == {}


async def test_what_came_twice_or_damaged_counts_as_the_inbox_counted_it(town: Town) -> None:
    """A withdrawal that came before a copy of its rating stands; what is a dead letter is nobody's input."""
    rating = given_rating(FIRST, 4, contributor="ann")
    first, second = town.messages(rating, opened(FIRST, contributor="bob"))
    third, fourth = town.messages(withdrawn(rating, FIRST), given_rating(FIRST, 2, contributor="cyd"))
    poison = town.source.next_raw("town.lamps", "feedback.rating.given.v1", b"{}")
    early = opened(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), contributor="dan")
    await town.write([first, second, first, third, first, poison, fourth, third, second, *town.messages(early)])
    await town.until_taken()
    await town.rebuilder.renew()
    assert await town.sketches() == {LAMPS: (sketch_of(["bob", "cyd"]), False)}


async def test_an_input_that_still_waits_for_its_predecessor_is_not_in_yet(town: Town) -> None:
    rating = given_rating(FIRST, 4, contributor="ann")
    await town.receive(rating, given_rating(FIRST, 3, contributor="bob"), withdrawn(rating, FIRST))
    missing, early = town.messages(opened(FIRST, contributor="cyd"), opened(FIRST, contributor="dan"))
    await town.write([early])
    await town.until_taken()
    await town.rebuilder.renew()
    assert await town.sketches() == {LAMPS: (sketch_of(["bob"]), False)}
    await town.write([missing])
    await town.until_taken()
    assert await town.sketches() == {LAMPS: (sketch_of(["bob", "cyd", "dan"]), False)}


async def test_input_that_comes_during_a_rebuild_is_not_forgotten(town: Town) -> None:
    """Its transaction has looked at the sketch but not ended when the rebuild wants to write."""
    rating = given_rating(FIRST, 4, contributor="ann")
    await town.receive(rating, withdrawn(rating, FIRST))
    town.handler.applied.clear()
    town.handler.may_end.clear()
    await town.write(town.messages(opened(FIRST, contributor="ann")))
    await town.handler.applied.wait()
    rebuilding = asyncio.create_task(town.rebuilder.renew())
    waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    while not rebuilding.done() and not await town.fetch(waiting):
        await asyncio.sleep(0.02)
    town.handler.may_end.set()
    await rebuilding
    await town.until_taken()
    await town.rebuilder.renew()
    assert await town.sketches() == {LAMPS: (sketch_of(["ann"]), False)}


async def test_a_rebuild_is_the_same_as_having_never_met_the_withdrawn(town: Town) -> None:
    """Over a few hundred inputs of two services, while more of them come."""
    chance = random.Random(6)
    ratings = [
        given_rating(
            FIRST + chance.randrange(60) * DAY,
            chance.randint(1, 5),
            contributor=f"person {chance.randrange(80)}",
            service_id=chance.choice(["town.lamps", "town.roads"]),
            district_id=chance.choice([None, "town.north"]),
        )
        for _ in range(300)
    ]
    gone = chance.sample(ratings, 100)
    later = FIRST + 90 * DAY
    events: list[Contract] = [*ratings, *(withdrawn(rating, later) for rating in gone[::2])]
    events += [erased_rating(rating, later) for rating in gone[1::2]]
    for start in range(0, len(events), 40):
        await asyncio.gather(town.write(town.messages(*events[start : start + 40])), town.rebuilder.renew())
    await town.until_taken()
    await town.rebuilder.renew()
    expected: dict[tuple[str, str, date], set[str]] = {}
    for rating in ratings:
        if rating not in gone:
            month = rating.given_at.date().replace(day=1)
            expected.setdefault((rating.service_id, rating.district_id or "", month), set()).add(rating.contributor)
    assert await town.sketches() == {key: (sketch_of(names), False) for key, names in expected.items()}
