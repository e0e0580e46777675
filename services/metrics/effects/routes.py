"""`/v1/services/{id}/change-effect`."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, NamedTuple

import asyncpg
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.apart.process import Apart
from services.metrics.behind.routes import indicator_of
from services.metrics.effects import store as effects
from services.metrics.effects.regression import ENOUGH, Effect, Figure, Week, fit
from services.metrics.effects.weeks import NOT_BY_WEEKS, Observed, numbers, observed, times
from services.metrics.publishes import rounded
from services.metrics.scorecards.asked import Named, chosen
from services.metrics.scores.days import DAY_TEXT, past_day, today
from services.metrics.scores.scorecard import AnyIndicator
from services.metrics.scores.store import Span, reading
from services.metrics.subjects import store
from shared.database import connection
from shared.problems import Problem
from shared.text import EntityId, Line

router = APIRouter(prefix="/v1", tags=["scores"])

CAVEAT = "What came with the change; whatever else happened then is in it, too"


class Change(NamedTuple):
    """A day, and the version of the catalogue that it is of, where it is one's latest."""

    on: date
    version: int | None = None
    at: datetime | None = None


class FigureOut(BaseModel):
    """A figure in the indicator's unit with a 90 % interval."""

    value: float
    low: float
    high: float
    p: float | None = Field(description="How probable one so far from 0 is, were it 0; null where nothing varies")


class EffectOut(BaseModel):
    """Segmented regression of the weeks before a change and after it."""

    level_before: FigureOut = Field(description="Where the trend of before would have led in the change's first week")
    slope_before: FigureOut = Field(description="The trend of before, a week")
    level: FigureOut = Field(description="By how much the first week differs from that")
    slope: FigureOut = Field(description="By how much the trend differs from that of before, a week")
    latest: FigureOut = Field(description="By how much the last week differs from where the trend of before would lead")
    lags: int = Field(description="Over how many weeks errors may go with each other")
    direction: str = Field(description="better, worse or not told apart from no change: of the level's interval")


class WeekOut(BaseModel):
    """Seven days, and what was observed in them."""

    first: date
    last: date
    value: float | None
    n: int


class ChangeEffectOut(BaseModel):
    """Whether an indicator became another when something changed."""

    service_id: str
    indicator: str
    unit: str
    scorecard: str
    on: date
    version: int | None = Field(description="The catalogue's version that is taken for the change; null of a day named")
    changed_at: datetime | None
    n_before: int = Field(description="Weeks with evidence before")
    n_after: int = Field(description="Weeks with evidence from the change on")
    effect: EffectOut | None
    absent: str | None = Field(description="Why there is no effect to tell of")
    caveat: str
    weeks: list[WeekOut]


@router.get("/services/{id}/change-effect", summary="Whether an indicator became another with a change")
async def change_effect(
    request: Request,
    id: Annotated[EntityId, Path()],
    indicator: Annotated[Line, Query(description="An indicator of the scorecard, see /explanation")],
    on: Annotated[
        str | None,
        Query(
            description="The change's UTC day; default that of the service's latest version",
            json_schema_extra=DAY_TEXT,
        ),
    ] = None,
    weeks: Annotated[int, Query(ge=ENOUGH, le=156, description="At most so many weeks on either side")] = 52,
    scorecard: Named = None,
) -> ChangeEffectOut:
    """An interrupted time series: the trend of before is taken out, and errors may go with each other."""
    engine: AsyncEngine = request.app.state.engine
    async with connection(engine) as database:
        subject = await store.find_service(database, id)
        if subject is None:
            detail = "Neither the catalogue nor any event names this service"
            raise Problem(404, "unknown-service", "There is no such service here", detail)
        change = await _change(database, id, on)
    card = await chosen(request, subject.jurisdiction_id or "", scorecard)
    found = indicator_of(card, indicator)
    if isinstance(found, NOT_BY_WEEKS):
        detail = f"{indicator} goes by months or by reports: choose one that is observed day by day"
        raise Problem(422, "not-by-weeks", "That indicator has no weeks", detail)
    which = numbers(change.on, today(), weeks, weeks)
    seen: list[Observed] = []
    if which:
        span = Span.of(times(change.on, which), card.longest_half_life)
        async with reading(engine) as database:
            evidence = await store.evidence_of(database, subject, span, today())
        seen = await asyncio.to_thread(observed, found, evidence, change.on, which)
    held = [Week(each.number, each.value) for each in seen if each.value is not None]
    before = sum(each.number < 0 for each in held)
    absent = _absent(before, len(held) - before)
    statistics: Apart = request.app.state.statistics
    effect = None if absent else await statistics.run(fit, held)
    return ChangeEffectOut(
        service_id=id,
        indicator=found.id,
        unit=found.unit,
        scorecard=card.label,
        on=change.on,
        version=change.version,
        changed_at=change.at,
        n_before=before,
        n_after=len(held) - before,
        effect=None if effect is None else _effect(effect, found),
        absent=absent,
        caveat=CAVEAT,
        weeks=_weeks(seen),
    )


async def _change(database: asyncpg.Connection, service_id: str, on: str | None) -> Change:
    if on is not None:
        return Change(past_day(on, "on", today()))
    latest = await effects.latest_change(database, service_id)
    if latest is None:
        raise Problem(422, "no-change-known", "The catalogue tells of no change", "Name the day of the change with on=")
    version, changed_at = latest
    return Change(min(changed_at.date(), today()), version, changed_at)


def _absent(before: int, after: int) -> str | None:
    for number, side in ((before, "before the change"), (after, "from the change on")):
        if number < ENOUGH:
            return f"only {number} weeks with evidence {side}, and fewer than {ENOUGH} tell nothing"
    return None


def _effect(effect: Effect, indicator: AnyIndicator) -> EffectOut:
    return EffectOut(
        level_before=_figure(effect.level_before),
        slope_before=_figure(effect.slope_before),
        level=_figure(effect.level),
        slope=_figure(effect.slope),
        latest=_figure(effect.latest),
        lags=effect.lags,
        direction=_direction(effect.level, indicator),
    )


def _direction(level: Figure, indicator: AnyIndicator) -> str:
    if level.low <= 0 <= level.high:
        return "not told apart from no change"
    return "better" if (level.value > 0) == (indicator.target > indicator.floor) else "worse"


def _figure(figure: Figure) -> FigureOut:
    value, low, high = map(rounded, figure[:3])
    return FigureOut(value=value, low=low, high=high, p=None if figure.p is None else rounded(figure.p))


def _weeks(seen: Sequence[Observed]) -> list[WeekOut]:
    return [
        WeekOut(first=each.first, last=each.last, value=None if each.value is None else rounded(each.value), n=each.n)
        for each in seen
    ]
