"""The loop without its HTTP processes: real databases and topics, and the workers' parts run until all is at rest.

A loop can be copied, databases and topic of feedback, so that a test can break the copy.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.checker import idle
from deploy.checker.addresses import Addresses, Topics
from deploy.checker.check import check
from deploy.checker.parts import connected
from deploy.checker.report import Report
from deploy.local.kafka import EmbeddedKafka
from services.feedback.consumes import CatalogueHandler as FeedbackCatalogue
from services.metrics.alerts.watcher import Watcher
from services.metrics.buckets.rebuild import SketchRebuilder
from services.metrics.channels.counter import ChannelCounter
from services.metrics.consumes import CatalogueHandler, FeedbackHandler
from services.metrics.scores.scorer import Scorer
from shared.database import engine
from shared.inbox.consumer import Consumer
from shared.kafka import new_producer
from shared.migrate import upgrade
from shared.outbox.relay import Relay
from shared.settings import PARTITIONS
from shared.topics import FACTS, ensure_topics
from tests.metrics.conftest import serving

SERVICES = ("catalog", "feedback", "metrics")
Records = list[ConsumerRecord]
RETARGET = """
UPDATE outbox SET aggregatetype = '{new}' WHERE aggregatetype = '{old}';
CREATE FUNCTION retarget() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.aggregatetype := replace(NEW.aggregatetype, '{old}', '{new}'); RETURN NEW; END $$;
CREATE TRIGGER retarget BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION retarget();
"""
_copies = itertools.count(1)


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
        await connection.set_type_codec("jsonb", encoder=str, decoder=json.loads, schema="pg_catalog")
        try:
            yield connection
        finally:
            await connection.close()

    async def execute(self, service: str, statement: str, *arguments: Any) -> str:
        async with self.database(service) as connection:
            status: str = await connection.execute(statement, *arguments)
            return status

    async def settle(self, *, consume: bool = True, rebuild: bool = True) -> None:
        """Runs relays and all that takes events until nothing is left to do, or only what is not to be done."""
        async with AsyncExitStack() as stack:
            engines = {service: engine(url) for service, url in self.urls.items()}
            for each in engines.values():
                stack.push_async_callback(each.dispose)
            runs = [*self._relays(engines), *(self._takers(engines, rebuild) if consume else ())]
            tasks = [asyncio.create_task(run) for run in runs]
            stack.push_async_callback(_stop, tasks)
            async with connected(self.addresses) as parts:
                async with asyncio.timeout(60):
                    while behind := [text async for text in idle.look(parts)]:
                        if not any(self._is_wanted(text, consume, rebuild) for text in behind):
                            return
                        await asyncio.sleep(0.05)

    def _relays(self, engines: dict[str, AsyncEngine]) -> list[Coroutine[Any, Any, None]]:
        producer = partial(new_producer, self.bootstrap)
        return [Relay(engines[service], producer, service).run() for service in SERVICES]

    def _is_wanted(self, behind: str, consume: bool, rebuild: bool) -> bool:
        return "relay" in behind or (consume and (rebuild or "rebuild" not in behind))

    def _takers(self, engines: dict[str, AsyncEngine], rebuild: bool) -> list[Coroutine[Any, Any, None]]:
        feedback, metrics = engines["feedback"], engines["metrics"]
        group = f"{next(_copies)}"
        learn = partial(
            Consumer, bootstrap=self.bootstrap, topic=self.topics.catalog, source="/civicloop/catalog", gaps=True
        )
        count = partial(Consumer, bootstrap=self.bootstrap, topic=self.topics.feedback, source="/civicloop/feedback")
        renew = SketchRebuilder(metrics, self.bootstrap, topic=self.topics.feedback, source="/civicloop/feedback")
        return [
            *([renew.run()] if rebuild else []),
            learn(feedback, FeedbackCatalogue(), group=f"f{group}").run(),
            learn(metrics, CatalogueHandler(), group=f"c{group}").run(),
            count(metrics, FeedbackHandler(), group=f"m{group}").run(),
            Scorer(metrics).run(),
            Watcher(metrics, pause_seconds=0).run(),
        ]

    async def count_by_channel(self) -> bool:
        """What the worker does once a day; whether it was to be done."""
        metrics = engine(self.urls["metrics"])
        try:
            return await ChannelCounter(metrics, self.bootstrap, self.topics.feedback, "/civicloop/feedback").step()
        finally:
            await metrics.dispose()

    async def clone(self) -> "Loop":
        """The same databases over again, beside the same topics: nothing may be published."""
        number = next(_copies)
        own = ("feedback", "metrics")
        return replace(
            self, urls=self.urls | {name: await _clone(self.urls[name], f"copy_{number}_{name}") for name in own}
        )

    async def copy(self, change: Callable[[Records], Records] = lambda records: records) -> "Loop":
        """The same loop over again, with topics of its own; `change` passes each partition's messages of feedback."""
        number = next(_copies)
        names = self.topics._replace(feedback=f"copy-{number}.feedback", metrics=f"copy-{number}.metrics")
        other = replace(await self.clone(), topics=names)
        await ensure_topics(self.bootstrap, dict.fromkeys(names.with_dead_letters(), FACTS))
        await self._copy_topic(self.topics.metrics, names.metrics)
        ends = await self._copy_topic(self.topics.feedback, names.feedback, change)
        await other._retarget()
        await other._move(self.topics.feedback, ends)
        return other

    async def _copy_topic(
        self, name: str, copy: str, change: Callable[[Records], Records] = lambda records: records
    ) -> dict[int, int]:
        """Returns where each partition of the copy ends."""
        partitions = [await read(self.bootstrap, name, partition) for partition in range(PARTITIONS)]
        changed = [change(records) if records else [] for records in partitions]
        await send(self.bootstrap, copy, [record for records in changed for record in records])
        return {partition: len(records) for partition, records in enumerate(changed)}

    async def _retarget(self) -> None:
        """Makes events under the usual names of topics, written already or in future, go to this loop's."""
        for service in ("feedback", "metrics"):
            await self.execute(
                service, RETARGET.format(old=f"civicloop.{service}.v1", new=getattr(self.topics, service))
            )

    async def _move(self, topic: str, ends: dict[int, int]) -> None:
        """Makes metrics stand at the ends of this loop's topic, as it stood at those of another one."""
        statement = "UPDATE consumer_offset SET topic = $1, next_offset = $2 WHERE topic = $3 AND partition = $4"
        for partition, end in ends.items():
            await self.execute("metrics", statement, self.topics.feedback, end, topic, partition)

    async def check(self, patience: float = 0) -> Report:
        """What the checker says, with metrics' HTTP process running."""
        async with serving(self.urls["metrics"]) as address:
            return await check(replace(self.addresses, metrics=address), patience)


async def _stop(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def on_own_broker(folder: Path, fresh_database: Callable[[str], str]) -> Iterator[Loop]:
    """Migrated databases, and topics on a broker that nobody else writes to. The catalogue has been told of nothing."""
    broker = EmbeddedKafka(folder)
    broker.start()
    urls = {service: fresh_database(service) for service in SERVICES}
    for service, url in urls.items():
        upgrade(service, url)
    asyncio.run(_make_topics(broker.bootstrap))
    yield Loop(urls, broker.bootstrap)
    broker.stop()


async def _make_topics(bootstrap: str) -> None:
    await ensure_topics(bootstrap)


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
        consumer.seek(place, 0)
        records: Records = []
        while await consumer.position(place) < end:
            records += (await consumer.getmany(place, timeout_ms=500)).get(place, [])
        return records


async def send(bootstrap: str, topic: str, records: Records) -> None:
    """Writes messages in this order, each to the partition that it says."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        sent = [
            await producer.send(topic, r.value, key=r.key, partition=r.partition, headers=list(r.headers))
            for r in records
        ]
        await asyncio.gather(*sent)
