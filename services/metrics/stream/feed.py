"""The feed: one reader of the outbox per process, and the subscriptions that it serves."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager

import asyncpg
import structlog
from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.stream import store
from services.metrics.stream.store import PAGE, Change
from shared.database import TRANSIENT, connection

log = structlog.get_logger()

LISTENERS = Gauge("sse_clients", "Listeners of the stream")

QUEUED = 256
"""Changes that wait for a slow listener; one that falls further behind reads on from the database."""
POLL_SECONDS = 0.05


class Subscription:
    """The changes that one listener has yet to be told, of one service or of all."""

    def __init__(self, service_id: str | None, queued: int) -> None:
        self._service_id = service_id
        self._queue: asyncio.Queue[Change | None] = asyncio.Queue(queued + 1)
        self._keeps_up = True

    def offer(self, change: Change) -> None:
        """Queues a change that concerns the listener. When the queue is full it ends: nothing may be left out."""
        if not self._keeps_up or self._service_id not in (None, change.service_id):
            return
        self._keeps_up = self._queue.qsize() < self._queue.maxsize - 1
        self._queue.put_nowait(change if self._keeps_up else None)

    async def __aiter__(self) -> AsyncIterator[Change]:
        """The changes in their order, until the listener has fallen behind."""
        while (change := await self._queue.get()) is not None:
            yield change


class Feed:
    """Reads the outbox, and hands what is beyond `positions` to the subscriptions."""

    def __init__(self, engine: AsyncEngine, *, queued: int = QUEUED) -> None:
        self._engine = engine
        self._queued = queued
        self._subscriptions: set[Subscription] = set()
        self._started = asyncio.Event()
        self.positions: dict[int, int] = {}

    async def run(self) -> None:
        """Works until cancelled. Faults are waited out, whatever they are: listeners wait, and miss nothing."""
        while True:
            try:
                async with connection(self._engine) as database:  # taking one from the pool costs more than a look
                    while True:
                        await self._read(database)
                        await asyncio.sleep(POLL_SECONDS)
            except Exception as error:
                log.warning("feed interrupted", error=repr(error), exc_info=not isinstance(error, TRANSIENT))
                await asyncio.sleep(0.2 + random.random() * 0.8)

    async def ready(self) -> None:
        """Returns once the feed knows where the outbox stands."""
        await self._started.wait()

    @contextmanager
    def subscribe(self, service_id: str | None) -> Iterator[Subscription]:
        """Everything beyond the `positions` of this moment."""
        subscription = Subscription(service_id, self._queued)
        self._subscriptions.add(subscription)
        LISTENERS.inc()
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
            LISTENERS.dec()

    async def _read(self, database: asyncpg.Connection) -> None:
        newest = await store.positions(database)
        if not self._subscriptions:
            self.positions = newest
            self._started.set()
            return
        for part, upto in newest.items():
            while self.positions[part] < upto:
                page = await store.changes(database, part, self.positions[part], upto)
                # No pause between telling and moving on: nobody can subscribe in the middle.
                self._tell(page)
                self.positions[part] = page[-1].seq if len(page) == PAGE else upto

    def _tell(self, page: Sequence[Change]) -> None:
        for change in page:
            for subscription in self._subscriptions:
                subscription.offer(change)
