"""Reading what a report is made from."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.homes.store import home_of
from services.metrics.reports.content import Facts
from services.metrics.scores.assessment import assess_all, history
from services.metrics.scores.days import Period, first_of, today
from services.metrics.scores.evidence import Evidence
from services.metrics.scores.scorecard import Scorecard
from services.metrics.scores.store import Span, read, reading, services_of
from services.metrics.scores.weighing import Time
from services.metrics.subjects.store import evidence_of, find_jurisdiction

PERIODS_BEFORE = {Period.MONTH: 11, Period.QUARTER: 7}


def last_ended(period: Period, day: date) -> date:
    """The last day of the last period that has ended before a day."""
    return before(first_of(period, day))


def before(day: date) -> date:
    """The day before, if there is one."""
    return day - timedelta(days=1) if day > date.min else day


async def facts(engine: AsyncEngine, jurisdiction_id: str, card: Scorecard, period: Period, last: date) -> Facts:
    """What is known of a jurisdiction in the period up to a day."""
    first = first_of(period, last)
    ends = [*_ends_before(period, first), last]
    async with reading(engine) as database:
        subject = await find_jurisdiction(database, jurisdiction_id)
        assert subject is not None, jurisdiction_id
        home = await home_of(database, jurisdiction_id)
        services = await services_of(database, jurisdiction_id)
        span = Span.of([Time(before(first)), Time(last), Time(last, first)], card.longest_half_life)
        evidence = await read(database, services, span)
        times = [Time(day) for day in ends]
        city_evidence = await evidence_of(database, subject, Span.of(times, card.longest_half_life), today())

    def compute() -> Facts:
        then = {each.service_id: each for group in evidence for each in assess_all(card, group, before(first))}
        now = [each for group in evidence for each in assess_all(card, group, last)]
        names = {each.service_id: each.name for group in evidence for each in group.services}
        city = history(card, city_evidence, times)
        return Facts(home, period, first, last, now, then, _events(evidence, first, last), names, city)

    return await asyncio.to_thread(compute)


def _ends_before(period: Period, first: date) -> list[date]:
    """The last days of the periods before, in their order; at least one."""
    ends: list[date] = []
    for _ in range(PERIODS_BEFORE[period]):
        ends.append(before(first))
        first = first_of(period, before(first))
    return ends[::-1]


def _events(evidence: Sequence[Evidence], first: date, last: date) -> dict[str, int]:
    return {
        each.service_id: each.buckets.within("events", first.toordinal(), last.toordinal())[0]
        for group in evidence
        for each in group.services
    }
