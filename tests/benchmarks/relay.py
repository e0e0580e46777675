"""The relay from outbox to Kafka, against aiokafka that produces the same bytes with acks=all.

`python -m tests.benchmarks.relay [events] [rounds]`: in turn, in one run, on embedded parts; the median round counts.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from functools import partial

import asyncpg
from aiokafka import AIOKafkaProducer
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.contracts import feedback
from shared.contracts.base import Contract
from shared.database import connection, engine, transaction
from shared.kafka import new_producer
from shared.migrate import upgrade
from shared.outbox.append import append, outgoing
from shared.outbox.relay import ROWS, Relay, kafka_headers
from shared.topics import ensure_topics
from tests.benchmarks.feedback_topic import START, contracts
from tests.benchmarks.figures import Figure, show
from tests.benchmarks.parts import parts

TRANSACTION = 5_000


async def fill(database: AsyncEngine, events: int) -> None:
    waiting: list[Contract] = []
    for contract in contracts(events, seed=1):
        waiting.append(contract)
        if len(waiting) == TRANSACTION:
            await _write(database, waiting)
            waiting = []
    await _write(database, waiting)


async def _write(database: AsyncEngine, contracts: Sequence[Contract]) -> None:
    events = [outgoing(feedback.TOPIC, c.service_id, c, START) for c in contracts]  # type: ignore[attr-defined]
    async with transaction(database) as open_transaction:
        await append(open_transaction, events)


async def relay_rate(database: AsyncEngine, bootstrap: str, events: int) -> float:
    async with connection(database) as owner:
        await owner.execute("UPDATE outbox_relay SET acked_seq = 0, lease_until = '-infinity'")
    relaying = asyncio.create_task(Relay(database, partial(new_producer, bootstrap), "feedback").run())
    started = time.perf_counter()
    async with connection(database) as reader:
        while await reader.fetchval("SELECT sum(acked_seq) FROM outbox_relay") < events:
            await asyncio.sleep(0.02)
    rate = events / (time.perf_counter() - started)
    relaying.cancel()
    await asyncio.gather(relaying, return_exceptions=True)
    return rate


def _message(row: asyncpg.Record) -> tuple[int, bytes, bytes, list[tuple[str, bytes]]]:
    return row["part"], row["aggregateid"].encode(), row["payload"], kafka_headers("feedback", row["part"], row)


async def produce_rate(database: AsyncEngine, bootstrap: str) -> float:
    """The messages are made beforehand: only aiokafka is measured."""
    async with connection(database) as reader:
        messages = [_message(row) for row in await reader.fetch(f"{ROWS} ORDER BY part, seq")]
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, max_batch_size=900_000
    )
    await producer.start()
    started = time.perf_counter()
    for part, key, value, headers in messages:
        await producer.send(feedback.TOPIC, value, key=key, partition=part, headers=headers)
    await producer.flush()
    rate = len(messages) / (time.perf_counter() - started)
    await producer.stop()
    return rate


async def measure(bootstrap: str, url: str, events: int, rounds: int) -> list[Figure]:
    database = engine(url, pool_size=20)
    await ensure_topics(bootstrap)
    await fill(database, events)
    found = [
        (await relay_rate(database, bootstrap, events), await produce_rate(database, bootstrap)) for _ in range(rounds)
    ]
    await database.dispose()
    relay, reference = (statistics.median(rates) for rates in zip(*found, strict=True))
    return [Figure("outbox to Kafka", relay, "aiokafka producing the same bytes", reference, 0.7)]


def run(events: int = 200_000, rounds: int = 3) -> list[Figure]:
    with parts() as (kafka, postgres):
        url = postgres.create_database("feedback")
        upgrade("feedback", url)
        return asyncio.run(measure(kafka.bootstrap, url, events, rounds))


if __name__ == "__main__":
    show(run(*map(int, sys.argv[1:])))
