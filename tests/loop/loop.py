"""The loop without its HTTP processes: real databases and topics, and the workers' parts run until all is at rest.

A loop can be copied, databases and topic of feedback, so that a test can break the copy.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.checker import idle
from deploy.checker.addresses import Addresses, Topics
from deploy.checker.check import check
from deploy.checker.parts import connected
from deploy.checker.report import Report
from services.metrics.buckets.rebuild import SketchRebuilder
from services.metrics.consumes import CatalogueHandler, FeedbackHandler
from services.metrics.scores.scorer import Scorer
from shared.contracts import catalog
from shared.contracts.base import Contract
from shared.contracts.catalog import DistrictChanged, JurisdictionChanged, ServiceChanged
from shared.database import engine
from shared.inbox.consumer import Consumer
from shared.inbox.contracts import ContractHandler
from shared.inbox.copies import keep
from shared.kafka import new_producer
from shared.outbox.relay import Relay
from shared.topics import FACTS, dead_letters, ensure_topics
from tests.metrics.conftest import serving

SERVICES = ("catalog", "feedback", "metrics")
Records = list[ConsumerRecord]
_copies = itertools.count(1)


class FeedbackCopies(ContractHandler):
    """Feedback's read copy of the catalogue."""

    types = catalog.TYPES

    async def apply_contracts(self, connection: asyncpg.Connection, contracts: Sequence[Contract]) -> None:
        kinds = {JurisdictionChanged: "jurisdiction", DistrictChanged: "district", ServiceChanged: "service"}
        for kind, table in kinds.items():
            await keep(connection, table, [each for each in contracts if isinstance(each, kind)])


@dataclass(frozen=True)
class Loop:
    """Where the parts are: a database URL for each service, the broker, and the topics' names."""

    urls: dict[str, str]
    bootstrap: str
    topics: Topics = field(default_factory=Topics)

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.urls, self.bootstrap, "http://127.0.0.1:9", self.topics)

    @asynccontextmanager
    async def database(self, service: str) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self.urls[service], server_settings={"timezone": "UTC"})
        try:
            yield connection
        finally:
            await connection.close()

    async def execute(self, service: str, statement: str, *arguments: Any) -> str:
        async with self.database(service) as connection:
            status: str = await connection.execute(statement, *arguments)
            return status

    async def settle(self, *, consume: bool = True) -> None:
        """Runs relays, and all that takes events, until nothing is left to do."""
        async with AsyncExitStack() as stack:
            engines = {service: engine(url) for service, url in self.urls.items()}
            for each in engines.values():
                stack.push_async_callback(each.dispose)
            runs = [*self._relays(engines), *(self._takers(engines) if consume else ())]
            tasks = [asyncio.create_task(run) for run in runs]
            stack.push_async_callback(_stop, tasks)
            async with connected(self.addresses) as parts:
                async with asyncio.timeout(60):
                    while behind := [text async for text in idle._behind(parts)]:
                        if not consume and not any("relay" in text for text in behind):
                            return
                        await asyncio.sleep(0.05)

    def _relays(self, engines: dict[str, AsyncEngine]) -> list[Coroutine[Any, Any, None]]:
        producer = partial(new_producer, self.bootstrap)
        return [Relay(engines[service], producer, service).run() for service in SERVICES]

    def _takers(self, engines: dict[str, AsyncEngine]) -> list[Coroutine[Any, Any, None]]:
        feedback, metrics = engines["feedback"], engines["metrics"]
        group = f"{next(_copies)}"
        learn = partial(
            Consumer, bootstrap=self.bootstrap, topic=self.topics.catalog, source="/civicloop/catalog", gaps=True
        )
        count = partial(Consumer, bootstrap=self.bootstrap, topic=self.topics.feedback, source="/civicloop/feedback")
        return [
            learn(feedback, FeedbackCopies(), group=f"f{group}").run(),
            learn(metrics, CatalogueHandler(), group=f"c{group}").run(),
            count(metrics, FeedbackHandler(), group=f"m{group}").run(),
            Scorer(metrics).run(),
            SketchRebuilder(metrics, self.bootstrap, topic=self.topics.feedback, source="/civicloop/feedback").run(),
        ]

    async def copy(self, change: Callable[[int, Records], Records] | None = None) -> "Loop":
        """The same loop over again, at rest, with a feedback topic of its own, whose messages `change` has passed."""
        number = next(_copies)
        urls = {service: await _clone(url, f"{service}_copy_{number}") for service, url in self.urls.items()}
        other = replace(self, urls=urls, topics=self.topics._replace(feedback=f"copy-{number}.feedback"))
        topics = {other.topics.feedback: FACTS, dead_letters(other.topics.feedback): FACTS}
        await ensure_topics(self.bootstrap, topics)
        ends = {}
        for partition in range(8):
            records = await read(self.bootstrap, self.topics.feedback, partition)
            changed = change(partition, records) if change else records
            await send(self.bootstrap, other.topics.feedback, changed)
            ends[partition] = len(changed)
        await other._adopt(self.topics.feedback, ends)
        return other

    async def _adopt(self, topic: str, ends: dict[int, int]) -> None:
        """Makes the databases speak of the copied topic."""
        await self.retarget()
        async with self.database("metrics") as connection:
            for partition, end in ends.items():
                await connection.execute(
                    "UPDATE consumer_offset SET topic = $1, next_offset = $2 WHERE topic = $3 AND partition = $4",
                    self.topics.feedback,
                    end,
                    topic,
                    partition,
                )

    async def retarget(self) -> None:
        """Makes events that were written under the usual name of the topic go to this loop's."""
        await self.execute(
            "feedback",
            "UPDATE outbox SET aggregatetype = $1 WHERE aggregatetype = 'civicloop.feedback.v1'",
            self.topics.feedback,
        )

    async def check(self, patience: float = 0) -> Report:
        """What the checker says, with metrics' HTTP process running."""
        async with serving(self.urls["metrics"]) as address:
            return await check(replace(self.addresses, metrics=address), patience)


async def _stop(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _clone(url: str, name: str) -> str:
    """A copy of a database that nobody is connected to."""
    address, _, folder = url.partition("?")
    server, _, template = address.rpartition("/")
    connection = await asyncpg.connect(f"{server}/postgres?{folder}")
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY wal_log')
    finally:
        await connection.close()
    return f"{server}/{name}?{folder}"


async def read(bootstrap: str, topic: str, partition: int) -> Records:
    """Every message of a partition."""
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
        place = TopicPartition(topic, partition)
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        await consumer.seek_to_beginning(place)
        records: Records = []
        while await consumer.position(place) < end:
            records += (await consumer.getmany(place, timeout_ms=500)).get(place, [])
        return records


async def send(bootstrap: str, topic: str, records: Records) -> None:
    """Writes messages in this order, each to the partition that it says."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        sent = [
            await producer.send(topic, r.value, key=r.key, partition=r.partition, headers=list(r.headers))
            for r in records
        ]
        await asyncio.gather(*sent)
