"""A listener: what it missed from the database, then what is new from the feed, as server-sent events."""

from collections.abc import AsyncIterator

from fastapi.sse import ServerSentEvent
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.stream import cursor, store
from services.metrics.stream.cursor import Cursor
from services.metrics.stream.feed import Feed
from services.metrics.stream.store import PAGE, Change
from shared.database import TRANSIENT, connection
from shared.outbox.append import part_of
from shared.settings import PARTITIONS

TOO_OLD = '{"detail": "The id to resume from is older than what is kept, or not from here: read /score, then go on"}'


class Listener:
    """Tells one client of one service's scores, or of all; each change once, in the order of its part."""

    def __init__(self, feed: Feed, engine: AsyncEngine, service_id: str | None) -> None:
        self._feed = feed
        self._engine = engine
        self._service_id = service_id
        self._parts = range(PARTITIONS) if service_id is None else [part_of(service_id)]
        self._at: dict[int, int] = {}

    async def listen(self, last_event_id: str | None) -> AsyncIterator[ServerSentEvent]:
        """Events after `last_event_id`, or from now on. Ends when the database fails: clients come back."""
        await self._feed.ready()
        try:
            yield await self._start(last_event_id)
            while True:
                async for change in self._changes():
                    self._at[change.part] = change.seq
                    yield ServerSentEvent(
                        raw_data=change.payload.decode(), event="score.changed", id=cursor.write(self._at)
                    )
        except TRANSIENT:
            return

    async def _start(self, last_event_id: str | None) -> ServerSentEvent:
        """Where to start; says it, so that a client which is cut off before the first change misses nothing."""
        resumed = cursor.read(last_event_id) if last_event_id else None
        if resumed is not None and await self._is_available(resumed):
            self._at = resumed
            return ServerSentEvent(comment="resumed")
        async with connection(self._engine) as database:
            self._at = await store.positions(database)
        if last_event_id:
            return ServerSentEvent(raw_data=TOO_OLD, event="reset", id=cursor.write(self._at))
        return ServerSentEvent(comment="listening", id=cursor.write(self._at))

    async def _changes(self) -> AsyncIterator[Change]:
        """Everything beyond where the listener is, until it falls behind the feed."""
        with self._feed.subscribe(self._service_id) as new:
            told = dict(self._feed.positions)
            for part in self._parts:
                async for change in self._missed(part, told[part]):
                    yield change
            self._at = {part: max(at, told[part]) for part, at in self._at.items()}
            async for change in new:
                if change.seq > self._at[change.part]:
                    yield change

    async def _missed(self, part: int, upto: int) -> AsyncIterator[Change]:
        after = self._at[part]
        while after < upto:
            async with connection(self._engine) as database:
                page = await store.changes(database, part, after, upto, self._service_id)
            for change in page:
                yield change
            after = page[-1].seq if len(page) == PAGE else upto

    async def _is_available(self, at: Cursor) -> bool:
        """Whether all that came after a cursor is still kept."""
        async with connection(self._engine) as database:
            kept = await store.available(database)
        return all(at[part] in kept[part] for part in self._parts)
