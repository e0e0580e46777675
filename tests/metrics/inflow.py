"""Metrics' consumer on a topic and a database of their own, and all that it keeps, byte for byte."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.buckets.rebuild import SketchRebuilder
from services.metrics.buckets.tables import GROUPINGS
from services.metrics.consumes import FeedbackHandler
from services.metrics.rebuilding.counting import Task
from services.metrics.rebuilding.recount import Recount, Recounted
from shared.contracts.base import Contract
from shared.database import connection, engine
from shared.inbox.consumer import Consumer
from shared.migrate import upgrade
from shared.topics import FACTS, dead_letters, ensure_topics
from tests.messages import Message, Source, publish

SOURCE = "/civicloop/feedback"
KEPT = (*(table for grouping in GROUPINGS for table in (grouping.cells, grouping.sparse)), "contributor_sketch")
STANDING = "SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offset WHERE topic = $1"

topics = (f"town.history-{n}" for n in itertools.count())

Tables = dict[str, list[tuple[Any, ...]]]


class Inflow:
    """A topic, and a database that counts it."""

    def __init__(self, url: str, bootstrap: str, topic: str) -> None:
        self.url, self.bootstrap, self.topic = url, bootstrap, topic
        self.database: AsyncEngine = engine(url)
        self.source = Source(SOURCE)
        self.written = 0

    def messages(self, *events: Contract) -> list[Message]:
        """The next events of their sources."""
        return [self.source.message(event.service_id, event) for event in events]

    async def write(self, messages: Sequence[Message]) -> None:
        await publish(self.bootstrap, self.topic, messages)
        self.written += len(messages)

    async def execute(self, statement: str) -> str:
        async with connection(self.database) as database:
            status: str = await database.execute(statement)
            return status

    @asynccontextmanager
    async def counting(self, *, max_records: int = 30_000) -> AsyncIterator[None]:
        """While the block runs, a worker counts what is written; at its end all has been counted."""
        consumer = Consumer(
            self.database,
            FeedbackHandler(),
            bootstrap=self.bootstrap,
            topic=self.topic,
            source=SOURCE,
            group=self.url,
            max_records=max_records,
        )
        running = asyncio.create_task(consumer.run())
        try:
            yield
            async with connection(self.database) as database:
                while await database.fetchval(STANDING, self.topic) < self.written and not running.done():
                    await asyncio.sleep(0.02)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def renew_sketches(self) -> None:
        await SketchRebuilder(self.database, self.bootstrap, self.topic, SOURCE).renew()

    @property
    def task(self) -> Task:
        return Task(self.url, self.bootstrap, self.topic, SOURCE)

    async def recount(self, *, correct: bool = True) -> Recounted:
        return await Recount(self.database, self.task).run(correct=correct)

    async def tables(self) -> Tables:
        """All rows of all tables of buckets and sketches, in order."""
        async with connection(self.database) as database:
            return {name: sorted(map(tuple, await database.fetch(f"SELECT * FROM {name}"))) for name in KEPT}


@asynccontextmanager
async def inflow(url: str, bootstrap: str, topic: str | None = None) -> AsyncIterator[Inflow]:
    """An empty database of metrics at an address, beside a topic of its own or an existing one."""
    await asyncio.to_thread(upgrade, "metrics", url)
    name = topic or next(topics)
    if topic is None:
        await ensure_topics(bootstrap, {name: FACTS, dead_letters(name): FACTS})
    found = Inflow(url, bootstrap, name)
    yield found
    await found.database.dispose()
