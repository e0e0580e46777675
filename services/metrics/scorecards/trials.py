"""A jurisdiction assessed by scorecards that are not in use: for warnings, and for what-if."""

import asyncio
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


class Trial(NamedTuple):
    """All services of a jurisdiction by each of several scorecards, from the same evidence; and their names."""

    assessments: Sequence[Sequence[Assessment]]
    names: Mapping[str, str | None]


class Trials:
    """Assesses anew each time. One after the other, for each takes a core."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._lock = asyncio.Lock()

    async def assess(self, jurisdiction_id: str, day: date, cards: Sequence[Scorecard]) -> Trial | None:
        """None if nothing is known of the jurisdiction."""
        async with self._lock:
            async with store.reading(self._engine) as database:
                if await store.version_of(database, jurisdiction_id) is None:
                    return None
                services = await store.services_of(database, jurisdiction_id)
                half_life = max(card.longest_half_life for card in cards)
                evidence = await store.read(database, services, Span.of([Time(day)], half_life))
            return await asyncio.to_thread(_assess, evidence, day, cards)


def _assess(evidence: Sequence[Evidence], day: date, cards: Sequence[Scorecard]) -> Trial:
    assessments = [[each for group in evidence for each in assess_all(card, group, day)] for card in cards]
    return Trial(assessments, {each.service_id: each.name for group in evidence for each in group.services})
