"""What a topic holds takes effect once and in order; what cannot be used is kept with its reason; the loop goes on."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

import asyncpg
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.kafka import EmbeddedKafka
from shared.cloudevents import Event, to_structured
from shared.contracts import catalog
from shared.contracts.base import Contract
from shared.contracts.catalog import DistrictChanged
from shared.contracts.registry import TYPE_OF, encode
from shared.database import connection, engine, transaction
from shared.inbox.consumer import Consumer
from shared.inbox.contracts import ContractHandler
from shared.kafka import new_producer
from shared.outbox.append import append, outgoing, part_of
from shared.outbox.relay import Relay
from shared.topics import FACTS, dead_letters, ensure_topics
from tests.databases import Databases
from tests.messages import Message, Source, publish, read

SOURCE = "/civicloop/town"
NOW = datetime.now(UTC)
topics = (f"town.inbox-{n}" for n in itertools.count())


class Diary(ContractHandler):
    """Writes down each district that it hears of, in a table without any protection against hearing it twice."""

    types = catalog.TYPES

    async def apply_contracts(self, connection: asyncpg.Connection, contracts: Sequence[Contract]) -> None:
        rows = [(c.id, c.version) for c in contracts if isinstance(c, DistrictChanged)]
        await connection.executemany("INSERT INTO heard (id, version) VALUES ($1, $2)", rows)


class Town:
    """A consumer's database, and a topic of its own."""

    def __init__(self, database: AsyncEngine, bootstrap: str, topic: str) -> None:
        self.database, self.bootstrap, self.topic = database, bootstrap, topic
        self.source = Source(SOURCE)

    async def publish(self, *messages: Message) -> None:
        await publish(self.bootstrap, self.topic, messages)

    def consumer(self, *, gaps: bool = False) -> "Consumer[list[Contract]]":
        return Consumer(
            self.database,
            Diary(),
            bootstrap=self.bootstrap,
            topic=self.topic,
            source=SOURCE,
            group=self.topic,
            gaps=gaps,
        )

    @asynccontextmanager
    async def consuming(self, *, gaps: bool = False) -> AsyncIterator[None]:
        running = asyncio.create_task(self.consumer(gaps=gaps).run())
        yield
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def fetch(self, query: str) -> list[asyncpg.Record]:
        async with connection(self.database) as reader:
            return await reader.fetch(query)

    async def heard(self) -> list[tuple[str, int]]:
        return [tuple(row) for row in await self.fetch("SELECT id, version FROM heard ORDER BY n")]

    async def until_at_offset(self, total: int) -> None:
        while True:
            found = await self.fetch("SELECT coalesce(sum(next_offset), 0)::int AS sum FROM consumer_offset")
            if found[0]["sum"] >= total:
                return
            await asyncio.sleep(0.02)


@pytest.fixture
async def town(databases: Databases, kafka: EmbeddedKafka) -> AsyncIterator[Town]:
    url, topic = databases.migrated("metrics"), next(topics)
    await ensure_topics(kafka.bootstrap, {topic: FACTS, dead_letters(topic): FACTS})
    database = engine(url)
    async with connection(database) as owner:
        await owner.execute("CREATE TABLE heard (n serial, id text, version integer CHECK (version <> 13))")
    yield Town(database, kafka.bootstrap, topic)
    await database.dispose()
    databases.drop(url)


def district(name: str, version: int = 1) -> DistrictChanged:
    return DistrictChanged(
        id=name, jurisdiction_id="town", name=name, version=version, changed_at="2026-01-01T00:00:00Z"
    )


async def test_events_take_effect_once_whatever_comes_twice(town: Town) -> None:
    messages = [town.source.message("north", district("north", version)) for version in (1, 2, 3)]
    await town.publish(*messages, *messages, messages[1])
    async with town.consuming():
        await town.until_at_offset(7)
    assert await town.heard() == [("north", 1), ("north", 2), ("north", 3)]


async def test_an_early_event_waits_for_its_predecessor_even_across_a_restart(town: Town) -> None:
    first, second, third = (town.source.message("north", district("north", version)) for version in (1, 2, 3))
    await town.publish(first, third)
    async with town.consuming():
        await town.until_at_offset(2)
        assert await town.heard() == [("north", 1)]
    await town.publish(second)
    async with town.consuming():
        await town.until_at_offset(3)
    assert await town.heard() == [("north", 1), ("north", 2), ("north", 3)]
    assert await town.fetch("SELECT FROM parked_event") == []


async def test_a_topic_of_states_does_not_wait_for_what_compaction_took(town: Town) -> None:
    messages = [town.source.message("north", district("north", version)) for version in (1, 2, 3)]
    await town.publish(messages[0], messages[2])
    async with town.consuming(gaps=True):
        await town.until_at_offset(2)
    assert await town.heard() == [("north", 1), ("north", 3)]


async def test_structured_events_are_events_too(town: Town) -> None:
    part = part_of("north")
    event = Event(
        id="1",
        source=f"{SOURCE}/{part}",
        type=TYPE_OF[DistrictChanged],
        data=encode(district("north")),
        datacontenttype="application/json",
        extensions={"sequence": "00000000000000000001"},
    )
    content_type = ("content-type", b"application/cloudevents+json; charset=utf-8")
    await town.publish(Message(part, b"north", to_structured(event), [content_type]))
    async with town.consuming():
        await town.until_at_offset(1)
    assert await town.heard() == [("north", 1)]


BAD = {
    "not JSON": lambda source: source.next_raw("north", TYPE_OF[DistrictChanged], b"{not json"),
    "not UTF-8": lambda source: source.next_raw("north", TYPE_OF[DistrictChanged], b'{"id": "\xff"}'),
    "nothing at all": lambda source: source.next_raw("north", TYPE_OF[DistrictChanged], None),
    "a member missing": lambda source: source.next_raw("north", TYPE_OF[DistrictChanged], b'{"id": "north"}'),
    "an unknown type": lambda source: source.next_raw("north", "catalog.moon.changed.v1", b"{}"),
    "an unknown version": lambda source: source.next_raw("north", "catalog.district.changed.v99", b"{}"),
    "refused by the database": lambda source: source.message("north", district("north", 13)),
    "another source": lambda _: Source("/elsewhere").message("north", district("north")),
    "another part": lambda source: source.message("north", district("north"))._replace(part=part_of("north") ^ 1),
    "no number": lambda source: _with_sequence(source, b"soon"),
    "number zero": lambda source: _with_sequence(source, b"0"),
    "a number no column holds": lambda source: _with_sequence(source, b"9" * 40),
    "no headers": lambda _: Message(part_of("north"), b"north", b"hello", []),
    "NUL in key and header": lambda _: Message(part_of("north"), b"a\0b", b"hello", [("x\0", b"\0\xff")]),
    "no CloudEvent": lambda _: Message(
        part_of("north"), b"north", b"[]", [("content-type", b"application/cloudevents+json")]
    ),
}


def _with_sequence(source: Source, sequence: bytes) -> Message:
    message = source.numbered("north", district("north"), 1)
    return message._replace(headers=[(n, sequence if n == "ce_sequence" else v) for n, v in message.headers])


@pytest.mark.parametrize("bad", BAD)
async def test_what_cannot_be_used_is_kept_with_its_reason_and_the_loop_goes_on(town: Town, bad: str) -> None:
    before = town.source.message("north", district("north", 1))
    unusable = BAD[bad](Source(SOURCE)) if bad == "another part" else BAD[bad](town.source)
    after = town.source.message("north", district("north", 2))
    await town.publish(before, unusable, after)
    async with town.consuming():
        while len(await town.heard()) < 2:
            await asyncio.sleep(0.02)
        await town.until_at_offset(3)
    assert await town.heard() == [("north", 1), ("north", 2)]
    (letter,) = await town.fetch("SELECT * FROM dead_letter")
    assert letter["value"] == unusable.value
    assert len(letter["reason"]) > 10


async def test_dead_letters_are_mirrored_to_their_topic(town: Town) -> None:
    await town.publish(town.source.next_raw("north", TYPE_OF[DistrictChanged], b"{not json"))
    relay = Relay(town.database, partial(new_producer, town.bootstrap), "town", lease_seconds=2)
    relaying = asyncio.create_task(relay.run())
    async with town.consuming():
        (mirrored,) = await read(town.bootstrap, dead_letters(town.topic), 1)
    relaying.cancel()
    assert dict(mirrored.headers)["ce_type"] == b"inbox.event.died.v1"
    assert town.topic.encode() in mirrored.value


async def test_a_dead_letter_takes_no_number_of_the_service_s_own_events(town: Town) -> None:
    """Whoever reads the service's own topic would wait for that number for ever."""
    async with transaction(town.database) as own:
        await append(own, [outgoing(catalog.TOPIC, "north", district("north"), NOW)])
    await town.publish(town.source.next_raw("north", TYPE_OF[DistrictChanged], b"{not json"))
    async with town.consuming():
        await town.until_at_offset(1)
    async with transaction(town.database) as own:
        await append(own, [outgoing(catalog.TOPIC, "north", district("north", 2), NOW)])
    rows = await town.fetch(f"SELECT part, seq FROM outbox WHERE aggregatetype = '{catalog.TOPIC}' ORDER BY seq")
    assert [tuple(row) for row in rows] == [(part_of("north"), 1), (part_of("north"), 2)]


async def test_workers_that_come_and_go_neither_lose_nor_double(town: Town) -> None:
    """A rebalance runs while batches are in flight: whoever is too late finds the position moved, and rolls back."""
    names = [f"district-{n}" for n in range(40)]
    workers: list[asyncio.Task[None]] = []

    async def churn() -> None:
        for number in itertools.count():
            workers.append(asyncio.create_task(town.consumer().run()))
            await asyncio.sleep(0.4)
            if number % 3 == 2:
                workers.pop(0).cancel()

    churning = asyncio.create_task(churn())
    for version in range(1, 26):
        await town.publish(
            *(town.source.message(name, district(name, version if version != 13 else 99)) for name in names)
        )
    await town.until_at_offset(25 * len(names))
    churning.cancel()
    for worker in workers:
        worker.cancel()
    await asyncio.gather(churning, *workers, return_exceptions=True)
    heard = await town.heard()
    assert len(heard) == 25 * len(names)
    for name in names:
        expected = [version if version != 13 else 99 for version in range(1, 26)]
        assert [version for heard_name, version in heard if heard_name == name] == expected


async def test_long_stretches_take_effect_once_whatever_stands_among_them(town: Town) -> None:
    """Far more than is worth reading by columns: with duplicates, and with an event of no use, in its midst."""
    messages = [town.source.message("north", district("north", version)) for version in range(20, 1_020)]
    poison = town.source.next_raw("north", TYPE_OF[DistrictChanged], b"{}")
    more = [town.source.message("north", district("north", version)) for version in range(1_020, 1_520)]
    await town.publish(*messages[:700], *messages[300:], poison, *more)
    async with town.consuming():
        await town.until_at_offset(400 + 1_000 + 1 + 500)
    assert await town.heard() == [("north", version) for version in range(20, 1_520)]
    assert len(await town.fetch("SELECT FROM dead_letter")) == 1


async def test_what_is_gone_from_a_topic_is_passed_over(town: Town) -> None:
    """A topic of states that is kept for some days, and a consumer that was away for longer."""
    part = part_of("north")
    await town.publish(*(town.source.message("north", district("north", version)) for version in (1, 2, 3)))
    await delete_before(town, part, 2)
    async with town.consuming(gaps=True):
        await town.until_at_offset(3)
    assert await town.heard() == [("north", 3)]


async def delete_before(town: Town, part: int, offset: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=town.bootstrap)
    await admin.start()
    await admin.delete_records({TopicPartition(town.topic, part): RecordsToDelete(before_offset=offset)})
    await admin.close()


async def test_after_small_steps_it_goes_on_in_large_ones(town: Town) -> None:
    """The first stretch holds an event that cannot be applied, and ends amidst what is read at once later."""
    versions = [13 if number == 50 else 100 + number for number in range(600)]
    messages = [town.source.message("north", district("north", version)) for version in versions]
    for message in messages:
        message.headers.append(("ce_padding", b"x" * 5_000))
    await town.publish(*messages)
    async with town.consuming():
        await town.until_at_offset(600)
    assert await town.heard() == [("north", version) for version in versions if version != 13]
    assert len(await town.fetch("SELECT FROM dead_letter")) == 1
