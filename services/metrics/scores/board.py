"""All scores of a jurisdiction at once, computed anew only when something has changed."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.scores import store
from services.metrics.scores.assessment import Assessment, assess_all
from services.metrics.scores.evidence import Evidence
from services.metrics.scores.scorecard import Scorecard
from services.metrics.scores.store import Span
from shared.database import connection

REMEMBERED = 16


class Standing(NamedTuple):
    """Every service of a jurisdiction at the end of a day, and the names of those that the catalogue knows."""

    version: int
    assessments: Sequence[Assessment]
    names: Mapping[str, str | None]


class Board:
    """Remembers the standings asked for last. One is computed at a time, for it takes a core."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._remembered: OrderedDict[tuple[str, date, str], Standing] = OrderedDict()
        self._lock = asyncio.Lock()

    async def standing(self, jurisdiction_id: str, day: date, card: Scorecard) -> Standing | None:
        """The standing by what is known now; None if nothing is known of the jurisdiction."""
        key = (jurisdiction_id, day, card.label)
        async with self._lock:
            async with connection(self._engine) as database:
                version = await store.version_of(database, jurisdiction_id)
            if version is None:
                return None
            if key not in self._remembered or self._remembered[key].version != version:
                self._remembered[key] = await self._compute(jurisdiction_id, day, card)
            self._remembered.move_to_end(key)
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
            return self._remembered[key]

    async def _compute(self, jurisdiction_id: str, day: date, card: Scorecard) -> Standing:
        async with store.reading(self._engine) as database:
            version = await store.version_of(database, jurisdiction_id) or 0
            services = await store.services_of(database, jurisdiction_id)
            evidence = await store.read(database, services, Span(day, day, card.longest_half_life))
        return await asyncio.to_thread(_standing, version, card, evidence, day)


def _standing(version: int, card: Scorecard, evidence: Sequence[Evidence], day: date) -> Standing:
    assessments = [each for group in evidence for each in assess_all(card, group, day)]
    return Standing(version, assessments, {each.service_id: each.name for group in evidence for each in group.services})
