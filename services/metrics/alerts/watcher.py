"""The watcher asks the rules of every service that was scored anew, and of all on a new day.

It works after the scorer and apart from it: few services at a time, none more often than every few seconds, and with
pauses longer than its work, so that counting and scoring come first. Alerts, and the events that tell of them, are
written in one transaction. What is due is in the database, and an older look never undoes what a newer one said.
"""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.alerts import store
from services.metrics.alerts.look import BEFORE_DAYS, NO_CHANNELS, Look, Tie
from services.metrics.alerts.publishes import outgoing_alert
from services.metrics.alerts.states import AlertChange, Found, changes, examine
from services.metrics.alerts.store import Touched
from services.metrics.channels import store as channels
from services.metrics.channels.tally import ChannelUse
from services.metrics.scorecards.cards import Cards
from services.metrics.scores import store as scores
from services.metrics.scores.assessment import assess_all
from services.metrics.scores.days import today
from services.metrics.scores.evidence import Evidence
from services.metrics.scores.scorecard import DEFAULT, Scorecard, scorecards
from services.metrics.scores.store import Span
from services.metrics.scores.weighing import Time
from shared.database import TRANSIENT, transaction
from shared.outbox.append import append

log = structlog.get_logger()

SECONDS = Histogram("watcher_seconds", "Time to look at a few services and to publish their alerts")
CHANGED = Counter("alerts_changed_total", "Alerts raised or cleared", ["rule", "state"])

FEW = 8
"""Services looked at in one step."""
IDLE_SECONDS = 0.3
REST = 4
"""The watcher rests so many times longer than it worked."""
PAUSE_SECONDS = 1.0
"""No service is looked at more often."""
RUNNING = ("pilot", "active")
"""Statuses of services that are offered."""


class Seen(NamedTuple):
    """Services that are due, with how often each had been touched, and the evidence of that moment."""

    touched: dict[str, Touched]
    evidence: Sequence[Evidence]
    cards: Mapping[str, Scorecard]
    ties: Mapping[str, Sequence[Tie]]
    statuses: Mapping[str, str]
    channels: Mapping[str, ChannelUse]


class Watcher:
    """Looks by the scorecard that is active in each jurisdiction."""

    def __init__(self, engine: AsyncEngine, *, pause_seconds: float = PAUSE_SECONDS) -> None:
        self._engine = engine
        self._pause_seconds = pause_seconds
        self._cards = Cards(engine)
        self._default = scorecards()[DEFAULT]

    async def run(self) -> None:
        """Works until cancelled. Faults are waited out, whatever they are."""
        while True:
            started = time.perf_counter()
            try:
                looked_at = await self.step()
            except Exception as error:
                log.warning("watcher interrupted", error=repr(error), exc_info=not isinstance(error, TRANSIENT))
                await asyncio.sleep(1 + random.random())
                continue
            worked = time.perf_counter() - started
            if looked_at:
                SECONDS.observe(worked)
            await asyncio.sleep(REST * worked if looked_at else IDLE_SECONDS)

    async def step(self, day: date | None = None) -> int:
        """Looks at a few services that are due, as of today or of a later day; returns how many."""
        day = day or today()
        seen = await self._look(day)
        if seen.touched:
            found = await asyncio.to_thread(self._examine, seen, day)
            await self._publish(seen.touched, day, found)
        return len(seen.touched)

    async def _look(self, day: date) -> Seen:
        async with scores.reading(self._engine) as database:
            due = await store.due(database, day, self._pause_seconds, FEW)
            if not due:
                return Seen(due, [], {}, {}, {}, {})
            cards = await self._cards.active(database)
            half_life = max(card.longest_half_life for card in (self._default, *cards.values()))
            span = Span.of([Time(day), Time(_before(day))], half_life)
            ids = list(due)
            evidence = await scores.read(database, ids, span)
            ties, statuses = await store.ties_of(database, ids, day), await store.statuses_of(database, ids)
            return Seen(due, evidence, cards, ties, statuses, await channels.uses_of(database, ids))

    def _examine(self, seen: Seen, day: date) -> list[Found]:
        return [examine(look) for group in seen.evidence for look in self._looks(seen, group, day)]

    def _looks(self, seen: Seen, group: Evidence, day: date) -> list[Look]:
        card = seen.cards.get(group.jurisdiction.jurisdiction_id, self._default)
        now, before = assess_all(card, group, day), assess_all(card, group, _before(day))
        return [
            Look(
                service,
                group.jurisdiction,
                standing,
                past,
                seen.ties.get(service.service_id, ()),
                seen.statuses.get(service.service_id) in RUNNING,
                seen.channels.get(service.service_id, NO_CHANNELS),
            )
            for service, standing, past in zip(group.services, now, before, strict=True)
        ]

    async def _publish(self, touched: Mapping[str, Touched], day: date, found: Sequence[Found]) -> None:
        async with transaction(self._engine) as database:
            taken = await store.take(database, touched, day)
            standing = await store.standing(database, taken)
            changed = [change for each in found if each.service_id in taken for change in changes(each, standing)]
            if changed:
                await store.store(database, changed)
                await append(database, [outgoing_alert(change) for change in changed])
        for change in changed:
            CHANGED.labels(change.rule, _state(change)).inc()


def _state(change: AlertChange) -> str:
    return "cleared" if hasattr(change, "because") else "raised"


def _before(day: date) -> date:
    return day - timedelta(days=BEFORE_DAYS)
