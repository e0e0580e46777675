"""The same events in another order, batched otherwise, with duplicates or counted anew: the same bytes everywhere."""

import random
from collections.abc import Callable, Sequence

from deploy.local.kafka import EmbeddedKafka
from shared.database import connection
from tests.messages import Message, Source
from tests.metrics.inflow import SOURCE, Inflow, Tables, inflow
from tests.metrics.test_rebuild import history

Databases = Callable[[str], str]
DUPLICATES = 0.3
MARKS = "SELECT part, seq FROM source_position ORDER BY part"


def shuffled(messages: Sequence[Message], seed: int) -> list[Message]:
    """In any order at all, with duplicates: what comes before its predecessor waits for it."""
    chance = random.Random(seed)
    twice = [message for message in messages if chance.random() < DUPLICATES]
    found = [*messages, *twice]
    chance.shuffle(found)
    return found


async def counted(flow: Inflow, messages: Sequence[Message], max_records: int) -> tuple[Tables, list[tuple[int, int]]]:
    """All that is kept of messages, and how far their sources have come."""
    async with flow.counting(max_records=max_records):
        await flow.write(messages)
    await flow.renew_sketches()
    return await standing(flow)


async def standing(flow: Inflow) -> tuple[Tables, list[tuple[int, int]]]:
    async with connection(flow.database) as database:
        marks = [(row[0], row[1]) for row in await database.fetch(MARKS)]
    return await flow.tables(), [mark for mark in marks if mark[1]]


async def test_the_same_events_give_the_same_bytes(fresh_database: Databases, kafka: EmbeddedKafka) -> None:
    source = Source(SOURCE)
    messages = [source.message(event.service_id, event) for event in history(100, seed=4)]  # type: ignore[attr-defined]
    async with inflow(fresh_database("metrics"), kafka.bootstrap) as first:
        expected = await counted(first, messages, max_records=30_000)
    assert all(expected[0].values()), "every table has rows: else the test proves less than it says"
    for seed, max_records in ((1, 1), (2, 13)):
        async with inflow(fresh_database("metrics"), kafka.bootstrap) as other:
            assert await counted(other, shuffled(messages, seed), max_records) == expected
            await other.execute(f"TRUNCATE {', '.join(expected[0])}")
            assert (await other.recount()).corrected
            await other.renew_sketches()
            assert await standing(other) == expected
