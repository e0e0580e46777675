"""Connections to the parts of the loop: a database session per service, and one plain Kafka client."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.checker.addresses import SERVICES, Addresses, CannotCheck
from deploy.checker.messages import Span

ROWS_AHEAD = 5_000
CONNECT_SECONDS = 10
SESSION = {
    "timezone": "UTC",
    "application_name": "civicloop-check",
    "default_transaction_read_only": "on",
    "work_mem": "128MB",  # counts are grouped in memory rather than sorted on disk
}
FETCH_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Parts:
    """All that a check reads from. Sessions are read-only, and in UTC."""

    addresses: Addresses
    databases: Mapping[str, asyncpg.Connection]
    kafka: AIOKafkaConsumer
    partitions: Mapping[str, Sequence[TopicPartition]]

    async def ends(self, topic: str) -> dict[int, int]:
        """The offset that the next message of each partition will have."""
        found = await self.kafka.end_offsets(self.partitions[topic])
        return {partition.partition: offset for partition, offset in found.items()}

    async def spans(self, topic: str) -> list[Span]:
        """What each partition holds now, in order."""
        partitions = self.partitions[topic]
        first = await self.kafka.beginning_offsets(partitions)
        end = await self.kafka.end_offsets(partitions)
        return [Span(partition, first[partition], end[partition]) for partition in partitions]


@asynccontextmanager
async def connected(addresses: Addresses) -> AsyncIterator[Parts]:
    """Connects to everything. Raises CannotCheck, naming the part that does not answer."""
    async with AsyncExitStack() as stack:
        databases = {}
        for service in SERVICES:
            databases[service] = await _database(service, addresses.databases[service])
            stack.push_async_callback(databases[service].close)
        kafka = await _kafka(addresses.bootstrap)
        stack.push_async_callback(kafka.stop)
        yield Parts(addresses, databases, kafka, await _partitions(addresses))


async def _database(service: str, url: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(url, timeout=CONNECT_SECONDS, server_settings=SESSION)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        remedy = f"Is the stack running, and CIVICLOOP_{service.upper()}_DATABASE_URL right?"
        raise CannotCheck(f"the {service} database cannot be reached: {error}\n{remedy}") from error


async def _kafka(bootstrap: str) -> AIOKafkaConsumer:
    kafka = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="none",
        fetch_max_wait_ms=50,
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    try:
        await kafka.start()
    except (OSError, KafkaError) as error:
        await kafka.stop()
        remedy = "Is the stack running, and CIVICLOOP_KAFKA_BOOTSTRAP right?"
        raise CannotCheck(f"kafka cannot be reached at {bootstrap}: {error}\n{remedy}") from error
    return kafka


async def _partitions(addresses: Addresses) -> dict[str, list[TopicPartition]]:
    """The partitions of each topic, in order."""
    admin = AIOKafkaAdminClient(bootstrap_servers=addresses.bootstrap)
    await admin.start()
    try:
        described = await admin.describe_topics(addresses.topics.with_dead_letters())
    finally:
        await admin.close()
    missing = [topic["topic"] for topic in described if not topic["partitions"]]
    if missing:
        remedy = "`civicloop topics` makes those that are missing."
        raise CannotCheck(f"kafka: there is no topic {', '.join(missing)}. {remedy}")
    numbers = {topic["topic"]: sorted(p["partition"] for p in topic["partitions"]) for topic in described}
    return {topic: [TopicPartition(topic, number) for number in of] for topic, of in numbers.items()}


@cache
def sql(name: str) -> str:
    """A statement of this package, by the name of its file."""
    return (Path(__file__).parent / f"{name}.sql").read_text()


async def stream(database: asyncpg.Connection, statement: str, *arguments: Any) -> AsyncIterator[tuple[Any, ...]]:
    """The rows of a statement, few at a time in memory. Needs an open transaction."""
    cursor = await database.cursor(statement, *arguments)
    while rows := await cursor.fetch(ROWS_AHEAD):
        for row in rows:
            yield tuple(row)
