"""All scores of a kind at once, computed anew only when something has changed, and not all the time."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.scores.assessment import Assessment, assess_all
from services.metrics.scores.days import today
from services.metrics.scores.evidence import Evidence
from services.metrics.scores.scorecard import Scorecard
from services.metrics.scores.store import Span, read, reading, services_of, version_of
from services.metrics.scores.weighing import Time
from services.metrics.subjects import store
from services.metrics.subjects.subject import Kind
from shared.database import connection

REMEMBERED = 16

REST = 3
"""A standing is good for so many times as long as it took to compute, so that many events cannot take a core."""


class Standing(NamedTuple):
    """Every subject of a kind at the end of a day, and the names of those that the catalogue knows.

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
        self._remembered: OrderedDict[tuple[Kind, str | None, date, str], Standing] = OrderedDict()
        self._lock = asyncio.Lock()

    async def standing(self, of: Kind, within: str | None, day: date, card: Scorecard) -> Standing | None:
        """The standing of all that are `within` a jurisdiction, by what is known now; None if that is unknown.

        Jurisdictions are those within a region, or all that there are.
        """
        key = (of, within, day, card.label)
        async with self._lock:
            async with connection(self._engine) as database:
                version = await _version(database, of, within)
            if version is None:
                return None
            known = self._remembered.pop(key, None)
            if known is None or (known.version != version and known.good_until < time.monotonic()):
                known = await self._compute(of, within, day, card)
            self._remembered[key] = known
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
            return known

    async def _compute(self, of: Kind, within: str | None, day: date, card: Scorecard) -> Standing:
        started = time.monotonic()
        span = Span.of([Time(day)], card.longest_half_life)
        async with reading(self._engine) as database:
            version = await _version(database, of, within) or 0
            evidence = await _evidence(database, of, within, span)
        assessments = await asyncio.to_thread(_assess, card, evidence, day)
        names = {each.service_id: each.name for group in evidence for each in group.services}
        ended = time.monotonic()
        return Standing(version, ended + REST * (ended - started), assessments, names)


async def _version(database: asyncpg.Connection, of: Kind, within: str | None) -> int | None:
    if of is Kind.JURISDICTION:
        return await store.version_of_all(database, within)
    return await version_of(database, within or "")


async def _evidence(database: asyncpg.Connection, of: Kind, within: str | None, span: Span) -> list[Evidence]:
    if of is Kind.SERVICE:
        return await read(database, await services_of(database, within or ""), span)
    subjects = await store.parts_of(database, of, within)
    return [await store.evidence_of(database, each, span, today()) for each in subjects]


def _assess(card: Scorecard, evidence: Sequence[Evidence], day: date) -> list[Assessment]:
    return [each for group in evidence for each in assess_all(card, group, day)]
