"""All scores of a jurisdiction at once, computed anew only when something has changed, and not all the time."""

import asyncio
import time
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
from services.metrics.scores.weighing import Time
from shared.database import connection

REMEMBERED = 16

REST = 3
"""A standing is good for so many times as long as it took to compute, so that many events cannot take a core."""


class Standing(NamedTuple):
    """Every service of a jurisdiction at the end of a day, and the names of those that the catalogue knows.

    `version` names the state of knowledge that it rests on; until `good_until` it is shown even when there is a newer.
    """

    version: int
    good_until: float
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
            known = self._remembered.pop(key, None)
            if known is None or (known.version != version and known.good_until < time.monotonic()):
                known = await self._compute(jurisdiction_id, day, card)
            self._remembered[key] = known
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
            return known

    async def _compute(self, jurisdiction_id: str, day: date, card: Scorecard) -> Standing:
        started = time.monotonic()
        async with store.reading(self._engine) as database:
            version = await store.version_of(database, jurisdiction_id) or 0
            services = await store.services_of(database, jurisdiction_id)
            evidence = await store.read(database, services, Span.of([Time(day)], card.longest_half_life))
        assessments = await asyncio.to_thread(_assess, card, evidence, day)
        names = {each.service_id: each.name for group in evidence for each in group.services}
        ended = time.monotonic()
        return Standing(version, ended + REST * (ended - started), assessments, names)


def _assess(card: Scorecard, evidence: Sequence[Evidence], day: date) -> list[Assessment]:
    return [each for group in evidence for each in assess_all(card, group, day)]
