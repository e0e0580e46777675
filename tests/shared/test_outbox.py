"""The outbox numbers events in the order of commits, without a gap, whoever writes at the same time."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.kafka import EmbeddedKafka
from shared.contracts import feedback
from shared.contracts.feedback import RatingGiven
from shared.database import connection, engine, transaction
from shared.kafka import new_producer
from shared.outbox.append import append, outgoing, part_of
from shared.outbox.relay import Relay
from shared.topics import FACTS, ensure_topics
from tests.databases import Databases
from tests.messages import read

WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def rating(service: str, number: int = 0) -> RatingGiven:
    return RatingGiven(
        jurisdiction_id="town",
        service_id=service,
        rating_id=str(number),
        contributor=f"someone {number}",
        value=number % 5 + 1,
        given_at=WHEN,
    )


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[AsyncEngine]:
    url = databases.migrated("metrics")
    pool = engine(url, pool_size=20)
    yield pool
    await pool.dispose()
    databases.drop(url)


async def write(database: AsyncEngine, writer: int, rounds: int) -> int:
    """Writes transactions of a few events each, a tenth of which roll back; returns how many events committed."""
    chance, committed = random.Random(writer), 0
    for number in range(rounds):
        events = [
            outgoing(feedback.TOPIC, f"service-{chance.randrange(12)}", rating("any", number), WHEN)
            for _ in range(chance.randrange(1, 6))
        ]
        fails = chance.random() < 0.1
        try:
            async with transaction(database) as open_transaction:
                await asyncio.sleep(chance.random() / 500)
                await append(open_transaction, events)
                if fails:
                    raise LookupError
        except LookupError:
            continue
        committed += len(events)
    return committed


async def test_numbers_are_contiguous_whoever_writes_and_whatever_rolls_back(database: AsyncEngine) -> None:
    written = sum(await asyncio.gather(*(write(database, writer, 40) for writer in range(10))))
    async with connection(database) as reader:
        rows = await reader.fetch("SELECT part, array_agg(seq ORDER BY seq) AS seqs FROM outbox GROUP BY part")
        counters = dict(await reader.fetch("SELECT part, seq FROM outbox_counter"))
    assert sum(len(row["seqs"]) for row in rows) == written
    for row in rows:
        assert row["seqs"] == list(range(1, counters[row["part"]] + 1))


async def test_a_reader_never_sees_a_number_before_its_predecessors(database: AsyncEngine) -> None:
    """Which a plain sequence would show: its numbers are given before the commit, and committed out of order."""
    writers = asyncio.gather(*(write(database, writer, 40) for writer in range(10)))
    gaps = []
    while not writers.done():
        async with connection(database) as reader:
            gaps += await reader.fetch("SELECT part FROM outbox GROUP BY part HAVING max(seq) <> count(*)")
    await writers
    assert gaps == []


async def test_an_event_outside_a_transaction_is_refused(database: AsyncEngine) -> None:
    async with connection(database) as reader:
        with pytest.raises(RuntimeError, match="transaction"):
            await append(reader, [outgoing(feedback.TOPIC, "a", rating("a"), WHEN)])


async def test_the_relay_publishes_every_event_in_its_order_as_a_cloudevent(
    database: AsyncEngine, kafka: EmbeddedKafka
) -> None:
    topic = "town.relayed"
    await ensure_topics(kafka.bootstrap, {topic: FACTS})
    events = [outgoing(topic, f"service-{n % 7}", rating(f"service-{n % 7}", n), WHEN) for n in range(5_000)]
    async with transaction(database) as open_transaction:
        await append(open_transaction, events)
    relay = Relay(database, partial(new_producer, kafka.bootstrap), "metrics", lease_seconds=2)
    relaying = asyncio.create_task(relay.run())
    messages = await read(kafka.bootstrap, topic, len(events))
    relaying.cancel()
    by_part: dict[int, list[int]] = {}
    for message in messages:
        headers = dict(message.headers)
        assert headers["ce_source"] == f"/civicloop/metrics/{message.partition}".encode()
        assert message.partition == part_of(message.key.decode())
        by_part.setdefault(message.partition, []).append(int(headers["ce_sequence"]))
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in by_part.values())
    assert {m.value for m in messages} == {e.data for e in events}
    assert {dict(m.headers)["ce_id"].decode() for m in messages} == {str(e.id) for e in events}


async def test_a_cancelled_transaction_leaves_no_open_one_to_the_next_user(database: AsyncEngine) -> None:
    """Cancelled in the midst of BEGIN, a connection is in a transaction that neither its user nor the pool knows of."""

    async def begin() -> None:
        async with transaction(database) as open_transaction:
            await open_transaction.execute("SELECT pg_sleep(1)")

    for turns in range(60):
        beginning = asyncio.create_task(begin())
        for _ in range(turns):
            await asyncio.sleep(0)
        beginning.cancel()
        await asyncio.gather(beginning, return_exceptions=True)
        async with connection(database) as next_user:
            assert not next_user.is_in_transaction()
            await next_user.execute("SELECT 1")
            assert not next_user.is_in_transaction()
