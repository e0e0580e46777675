"""Partitions are read from anywhere, each in its turn."""

import itertools
from collections.abc import AsyncIterator

import pytest
from aiokafka.errors import OffsetOutOfRangeError

from deploy.local.kafka import EmbeddedKafka
from shared.inbox.fetcher import TOTAL_BYTES, Fetcher
from shared.topics import FACTS, ensure_topics
from tests.messages import Message, publish

topics = (f"town.fetcher-{n}" for n in itertools.count())
LARGE = TOTAL_BYTES // 8
FLOODED, TOO, QUIET = 0, 1, 2


class Topic:
    def __init__(self, bootstrap: str, name: str, fetcher: Fetcher) -> None:
        self._bootstrap, self._name, self.fetcher = bootstrap, name, fetcher

    async def write(self, part: int, *sizes: int) -> None:
        await publish(self._bootstrap, self._name, [Message(part, b"key", b"x" * size, []) for size in sizes])

    async def offsets(self, part: int, end: int) -> list[int]:
        """What is read of a partition until its end."""
        found: list[int] = []
        while not found or found[-1] < end - 1:
            for stretch in (await self.fetcher.fetch()).values():
                if stretch.partition.partition == part:
                    found += [record.offset for record in stretch.records()]
        return found


@pytest.fixture
async def topic(kafka: EmbeddedKafka) -> AsyncIterator[Topic]:
    name = next(topics)
    await ensure_topics(kafka.bootstrap, {name: FACTS})
    fetcher = Fetcher(kafka.bootstrap, name)
    await fetcher.start()
    yield Topic(kafka.bootstrap, name, fetcher)
    await fetcher.stop()


async def test_each_message_comes_once_and_in_its_order_from_where_it_was_wanted(topic: Topic) -> None:
    await topic.write(FLOODED, *[LARGE] * 20)
    topic.fetcher.seek({FLOODED: 3})
    assert await topic.offsets(FLOODED, 20) == list(range(3, 20))
    topic.fetcher.seek({FLOODED: 17})
    assert await topic.offsets(FLOODED, 20) == [17, 18, 19]
    assert topic.fetcher.ends[FLOODED] == 20


async def test_floods_in_some_partitions_do_not_keep_another_waiting(topic: Topic) -> None:
    """Two of them fill an answer."""
    for part in (FLOODED, TOO):
        await topic.write(part, *[LARGE] * 60)
    await topic.write(QUIET, 10)
    topic.fetcher.seek({FLOODED: 0, TOO: 0, QUIET: 0})
    flooded = 0
    while True:
        fetched = await topic.fetcher.fetch()
        if QUIET in fetched:
            break
        flooded = max([flooded, *(stretch.following for stretch in fetched.values())])
        topic.fetcher.turn()
    assert flooded < 40


async def test_offsets_that_never_were_are_an_error(topic: Topic) -> None:
    await topic.write(QUIET, 10)
    topic.fetcher.seek({QUIET: 7})
    with pytest.raises(OffsetOutOfRangeError):
        await topic.offsets(QUIET, 8)
    with pytest.raises(OffsetOutOfRangeError, match="has nothing at 7"):
        topic.fetcher.skip(QUIET, 0)
