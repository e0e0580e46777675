"""Which scorecard counts: the one that is asked for, or the one that the jurisdiction has activated."""

import re
import time
from collections import OrderedDict
from collections.abc import Mapping

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.scorecards import store
from services.metrics.scores.scorecard import DEFAULT, Scorecard, scorecards
from shared.database import connection

LABEL = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.v[1-9][0-9]{0,5}")
REMEMBERED = 256
TRUE_FOR_SECONDS = 1.0
"""How long another process may still score by what was active before."""


class NoSuchScorecard(LookupError):
    """There is none of that label."""


class Cards:
    """Scorecards by label, which never change, and for a moment which of them are active."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._stored: OrderedDict[str, Scorecard] = OrderedDict()
        self._active: Mapping[str, str] = {}
        self._true_until = 0.0

    def changed(self) -> None:
        """What is active was changed here: it is looked up anew."""
        self._true_until = 0.0

    async def named(self, label: str) -> Scorecard:
        """Raises NoSuchScorecard."""
        known = scorecards().get(label) or self._stored.get(label)
        if known is not None:
            return known
        async with connection(self._engine) as database:
            return await self.read(database, label)

    async def read(self, database: asyncpg.Connection, label: str) -> Scorecard:
        """The same on a connection. Raises NoSuchScorecard."""
        known = scorecards().get(label) or self._stored.get(label)
        if known is not None:
            return known
        found = await store.find(database, label) if LABEL.fullmatch(label) else None
        if found is None:
            raise NoSuchScorecard(label)
        self._stored[label] = found.card
        if len(self._stored) > REMEMBERED:
            self._stored.popitem(last=False)
        return found.card

    async def of_jurisdiction(self, jurisdiction_id: str) -> Scorecard:
        """The active one, or the default."""
        return await self.named((await self._known_active()).get(jurisdiction_id, DEFAULT))

    async def active(self, database: asyncpg.Connection) -> dict[str, Scorecard]:
        """The active one of each jurisdiction that has chosen one, as `database` sees it."""
        labels = await store.all_active(database)
        return {jurisdiction_id: await self.read(database, label) for jurisdiction_id, label in labels.items()}

    async def _known_active(self) -> Mapping[str, str]:
        if self._true_until < time.monotonic():
            async with connection(self._engine) as database:
                self._active = await store.all_active(database)
            self._true_until = time.monotonic() + TRUE_FOR_SECONDS
        return self._active
