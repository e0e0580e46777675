"""Looks through what is new, in the background, and flags what staff should see.

By the time in the ids, some seconds behind: whoever writes for longer than that is not seen. A process that starts
looks again at the hour before, to know what copies are copies of; nothing is flagged twice.
"""

import asyncio
from collections import deque
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.moderation import handlers, items
from services.feedback.moderation.kinds import KINDS, Kind
from services.feedback.moderation.patterns import WITHIN, Finding, Watch
from shared.database import TRANSIENT, connection, transaction

log = structlog.get_logger()

EVERY_SECONDS = 2.0
BEHIND = timedelta(seconds=10)
PAGE = 500
WATCHED = {name: kind for name, kind in KINDS.items() if kind.new != "false"}

POSITION = "SELECT looked_until FROM moderation_position WHERE kind = $1"
MOVE = """
INSERT INTO moderation_position (kind, looked_until) VALUES ($1, $2)
ON CONFLICT (kind) DO UPDATE SET looked_until = greatest(moderation_position.looked_until, excluded.looked_until)
"""


async def watch_what_is_new(engine: AsyncEngine) -> None:
    """Works until cancelled."""
    watcher = Watcher(engine)
    while True:
        try:
            await watcher.look(datetime.now(UTC) - BEHIND)
        except TRANSIENT as error:
            log.warning("new input is looked through later", error=repr(error))
        await asyncio.sleep(EVERY_SECONDS)


class Watcher:
    """What one process has seen. What it found and could not note stays until it can."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._watch = Watch()
        self._next: dict[str, UUID] = {}
        self._found: deque[Finding] = deque()

    async def look(self, until: datetime) -> None:
        """Looks at all that came before `until`."""
        await self._note()
        for kind in WATCHED.values():
            while await self._page(kind, until):
                await self._note()
            await self._note()
            async with connection(self._engine) as database:
                await database.execute(MOVE, kind.name, until)
        self._watch.forget(until)

    async def _page(self, kind: Kind, until: datetime) -> bool:
        """Looks at some; whether there may be more."""
        since = self._next.get(kind.name) or await self._start(kind.name)
        where = f"i.id >= $1 AND i.id < $2 AND {kind.new} ORDER BY i.id LIMIT {PAGE}"
        async with connection(self._engine) as database:
            rows = await database.fetch(items.select(kind, where), since, first_id(until))
        for number, row in enumerate(rows):
            self._found += self._watch.look(items.item(kind, row), made_at(row["id"]))
            self._next[kind.name] = UUID(int=row["id"].int + 1)
            if number % 20 == 0:
                await asyncio.sleep(0)  # others of this process get their turn
        if len(rows) < PAGE:
            self._next[kind.name] = max(first_id(until), self._next.get(kind.name, since))
        return len(rows) == PAGE

    async def _start(self, kind_name: str) -> UUID:
        async with connection(self._engine) as database:
            looked_until = await database.fetchval(POSITION, kind_name)
        return first_id((looked_until or datetime.now(UTC)) - WITHIN)

    async def _note(self) -> None:
        while self._found:
            finding = self._found[0]
            try:
                async with transaction(self._engine) as database:
                    await handlers.flag_automatically(database, *finding, datetime.now(UTC))
            except TRANSIENT:
                raise
            except Exception:
                log.exception("a finding is not noted", kind=finding.kind, reason=finding.reason)
            self._found.popleft()


def first_id(at: datetime) -> UUID:
    """Not after any id that is made from then on."""
    return UUID(int=int(at.timestamp() * 1_000) << 80)


def made_at(id_: UUID) -> datetime:
    """When an id was made, to the millisecond."""
    return datetime.fromtimestamp((id_.int >> 80) / 1_000, UTC)
