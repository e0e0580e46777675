"""The scorer keeps published scores current: a service that was touched is scored anew, at most once a second.

What one service's input changes in its jurisdiction's figures, which the others are compared with, is made up for
when the jurisdiction has been quiet for a moment, or after a minute.

The score, and the event that tells of it, are written in one transaction. Which services are due is in the database,
so nothing is forgotten when this process ends; several scorers at once do not publish an older score after a newer.
"""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import asyncpg
import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.publishes import outgoing_score, score_changed
from services.metrics.scorecards.cards import Cards
from services.metrics.scores import store
from services.metrics.scores.assessment import assess_all
from services.metrics.scores.days import today
from services.metrics.scores.evidence import Evidence
from services.metrics.scores.scorecard import DEFAULT, Scorecard, scorecards
from services.metrics.scores.store import Span
from services.metrics.scores.weighing import Time
from shared.contracts.metrics import ScoreChanged
from shared.contracts.registry import encode
from shared.database import TRANSIENT, connection, transaction
from shared.outbox.append import append

log = structlog.get_logger()

SECONDS = Histogram("scorer_seconds", "Time to score a few services anew and to publish them")
PUBLISHED = Counter("scorer_published_total", "Scores published because they had changed")

FEW = 16
"""Services scored in one transaction: few, for counting must not wait long for the rows that both write."""
IDLE_SECONDS = 0.05
REST = 2
"""The scorer rests so many times longer than it worked, so that counting comes first while much is due."""
QUIET_SECONDS = 2.0

# An input for a service that the catalogue has not told of yet is counted, and scored once the service arrives.
DUE = f"""
SELECT a.service_id, a.touched, coalesce(j.touched, 0) AS jurisdiction_touched
FROM service_activity a JOIN service s ON s.id = a.service_id
LEFT JOIN jurisdiction_activity j ON j.jurisdiction_id = a.jurisdiction_id
WHERE (a.touched > a.scored AND a.scored_at < clock_timestamp() - interval '1 second')
   OR (j.touched > a.scored_with AND (j.touched_at < clock_timestamp() - make_interval(secs => $1)
                                      OR a.scored_at < clock_timestamp() - interval '1 minute'))
ORDER BY a.touched = a.scored, a.scored_at, a.service_id LIMIT {FEW}
"""
NEW_DAY = """
UPDATE service_activity a SET touched = touched + 1 FROM score c
WHERE c.service_id = a.service_id AND a.touched = a.scored AND c.as_of < $1
"""
# Only what is newer than what was scored last, whoever scored it.
TAKE = """
WITH seen AS (SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS s (service_id, touched, jurisdiction)),
     held AS MATERIALIZED (SELECT service_id FROM service_activity WHERE service_id = ANY ($1)
                           ORDER BY service_id FOR UPDATE)
UPDATE service_activity a SET scored = s.touched, scored_with = s.jurisdiction, scored_at = clock_timestamp()
FROM seen s JOIN held USING (service_id)
WHERE a.service_id = s.service_id AND a.scored <= s.touched AND a.scored_with <= s.jurisdiction
  AND (a.scored, a.scored_with) <> (s.touched, s.jurisdiction) RETURNING a.service_id
"""
PUBLISHED_BODIES = "SELECT service_id, body FROM score WHERE service_id = ANY ($1)"
STORE = """
INSERT INTO score (service_id, jurisdiction_id, as_of, scorecard, body, published_at)
SELECT s, j, d, c, b, clock_timestamp()
FROM unnest($1::text[], $2::text[], $3::date[], $4::text[], $5::text[]) AS n (s, j, d, c, b) ORDER BY s
ON CONFLICT (service_id) DO UPDATE
SET jurisdiction_id = excluded.jurisdiction_id, as_of = excluded.as_of, scorecard = excluded.scorecard,
    body = excluded.body, published_at = excluded.published_at
"""


class Seen(NamedTuple):
    """Services that are due, how often each and its jurisdiction had been touched, and the evidence of that moment.

    `cards` are the active scorecards by jurisdiction, where it is not the default one.
    """

    touched: dict[str, tuple[int, int]]
    evidence: Sequence[Evidence]
    cards: Mapping[str, Scorecard]


class Scorer:
    """Scores by the scorecard that is active in each jurisdiction."""

    def __init__(self, engine: AsyncEngine, *, quiet_seconds: float = QUIET_SECONDS) -> None:
        self._engine = engine
        self._quiet_seconds = quiet_seconds
        self._cards = Cards(engine)
        self._default = scorecards()[DEFAULT]
        self._day = date.min

    async def run(self) -> None:
        """Works until cancelled. Faults are waited out, whatever they are, for they must not stop the counting."""
        while True:
            started = time.perf_counter()
            try:
                scored = await self.step()
            except Exception as error:
                log.warning("scorer interrupted", error=repr(error), exc_info=not isinstance(error, TRANSIENT))
                await asyncio.sleep(0.2 + random.random() * 0.8)
                continue
            worked = time.perf_counter() - started
            if scored:
                SECONDS.observe(worked)
            await asyncio.sleep(REST * worked if scored == FEW else IDLE_SECONDS)

    async def step(self) -> int:
        """Scores a few services that are due; returns how many."""
        day = today()
        if day != self._day:
            await self._begin(day)
        seen = await self._look(day)
        if seen.touched:
            scores = await asyncio.to_thread(self._assess, seen, day)
            await self._publish(seen.touched, scores)
        return len(seen.touched)

    async def _begin(self, day: date) -> None:
        """Scores age: on a new day every service is due."""
        async with connection(self._engine) as database:
            await database.execute(NEW_DAY, day)
        self._day = day

    async def _look(self, day: date) -> Seen:
        async with store.reading(self._engine) as database:
            rows = await database.fetch(DUE, self._quiet_seconds)
            due = {row["service_id"]: (row["touched"], row["jurisdiction_touched"]) for row in rows}
            if not due:
                return Seen(due, [], {})
            cards = await self._cards.active(database)
            half_life = max(card.longest_half_life for card in (self._default, *cards.values()))
            return Seen(due, await store.read(database, list(due), Span.of([Time(day)], half_life)), cards)

    def _assess(self, seen: Seen, day: date) -> list[ScoreChanged]:
        by_card = [(seen.cards.get(each.jurisdiction.jurisdiction_id, self._default), each) for each in seen.evidence]
        return [score_changed(each) for card, group in by_card for each in assess_all(card, group, day)]

    async def _publish(self, touched: dict[str, tuple[int, int]], scores: Sequence[ScoreChanged]) -> None:
        own, jurisdictions = zip(*touched.values(), strict=True)
        async with transaction(self._engine) as database:
            taken = {row["service_id"] for row in await database.fetch(TAKE, list(touched), own, jurisdictions)}
            changed = await _changed(database, [score for score in scores if score.service_id in taken])
            if changed:
                await _store(database, changed)
                await append(database, [outgoing_score(score) for score in changed])
        PUBLISHED.inc(len(changed))


async def _changed(database: asyncpg.Connection, scores: Sequence[ScoreChanged]) -> list[ScoreChanged]:
    """The scores that differ from those published last."""
    rows = await database.fetch(PUBLISHED_BODIES, [score.service_id for score in scores])
    published = {row["service_id"]: row["body"].encode() for row in rows}
    return [score for score in scores if published.get(score.service_id) != encode(score)]


async def _store(database: asyncpg.Connection, scores: Sequence[ScoreChanged]) -> None:
    rows = [
        (each.service_id, each.jurisdiction_id, each.as_of, each.scorecard, encode(each).decode()) for each in scores
    ]
    await database.execute(STORE, *map(list, zip(*rows, strict=True)))
