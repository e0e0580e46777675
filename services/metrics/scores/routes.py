"""`/v1/services/{id}/score`, `/explanation` and `/history`, `/v1/rankings`."""

import asyncio
from collections.abc import Sequence
from datetime import date
from itertools import islice
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.scorecards.asked import JurisdictionCard, ServiceCard
from services.metrics.scores import store
from services.metrics.scores.assessment import Assessment, assess_all, history
from services.metrics.scores.board import Board
from services.metrics.scores.days import Period, days_between, first_of, past_day, today
from services.metrics.scores.evidence import Evidence
from services.metrics.scores.rankings import rank
from services.metrics.scores.schemas import (
    ExplanationOut,
    HistoryOut,
    RankingOut,
    ScoreOut,
    explanation,
    ranked,
    score_out,
)
from services.metrics.scores.scorecard import Scorecard
from services.metrics.scores.store import Span
from services.metrics.scores.weighing import Time
from shared.problems import Problem
from shared.text import EntityId

router = APIRouter(prefix="/v1", tags=["scores"])

MOST_POINTS = 400
HISTORY_DAYS = 90


def _engine(request: Request) -> AsyncEngine:
    engine: AsyncEngine = request.app.state.engine
    return engine


def _board(request: Request) -> Board:
    board: Board = request.app.state.board
    return board


def _as_of(
    as_of: Annotated[str | None, Query(description="A UTC day, or a date-time in it; default today")] = None,
) -> date:
    return past_day(as_of, "as_of", today())


AsOf = Annotated[date, Depends(_as_of)]
Since = Annotated[
    str | None, Query(description="Only what happened from this UTC day on counts, each observation whole")
]
PeriodOf = Annotated[
    Period | None, Query(description="Only what happened in the period of the calendar that holds the day, up to it")
]


def _time(as_of: AsOf, period: PeriodOf = None, since: Since = None) -> Time:
    return _times([as_of], period, _first_day(since, as_of))[0]


def _first_day(since: str | None, last: date) -> date | None:
    if since is None:
        return None
    first = past_day(since, "since", last)
    if first > last:
        raise Problem(422, "empty-span", "That time ends before it begins", f"since is {first}, the last day {last}")
    return first


def _times(days: Sequence[date], period: Period | None, since: date | None) -> list[Time]:
    """What scores of some days are of: standings, or a window each."""
    if period is not None and since is not None:
        raise Problem(422, "two-spans", "That is two spans of time at once", "Choose one of period and since")
    return [Time(day, since if period is None else first_of(period, day)) for day in days]


Engine = Annotated[AsyncEngine, Depends(_engine)]
When = Annotated[Time, Depends(_time)]
ServiceId = Annotated[EntityId, Path()]
Figure = Literal["public_value", "effectiveness", "efficiency", "legitimacy"]


@router.get(
    "/services/{service_id}/score",
    response_model=ScoreOut,
    response_model_exclude_unset=True,
    summary="A service's score",
)
async def score(engine: Engine, service_id: ServiceId, when: When, card: ServiceCard) -> dict[str, Any]:
    return score_out(await _assess(engine, service_id, when, card))


@router.get("/services/{service_id}/explanation", summary="What a service's score rests on")
async def explain(engine: Engine, service_id: ServiceId, when: When, card: ServiceCard) -> ExplanationOut:
    return explanation(await _assess(engine, service_id, when, card))


@router.get(
    "/services/{service_id}/history",
    response_model=HistoryOut,
    response_model_exclude_unset=True,
    summary="A service's scores over time",
)
async def past(
    engine: Engine,
    service_id: ServiceId,
    card: ServiceCard,
    first: Annotated[
        str | None, Query(alias="from", description="The first UTC day; default 90 days before `to`")
    ] = None,
    last: Annotated[str | None, Query(alias="to", description="The last UTC day; default today")] = None,
    step: Annotated[
        Period | None, Query(description="How far apart the points are; default `period`, or a day")
    ] = None,
    period: PeriodOf = None,
    since: Since = None,
) -> dict[str, Any]:
    to = past_day(last, "to", today())
    begin = _first_day(since, to)
    default = max(to.toordinal() - HISTORY_DAYS, 1 if begin is None else begin.toordinal())
    days = _points_in_time(past_day(first, "from", date.fromordinal(default)), to, step or period or Period.DAY)
    _first_day(since, days[0])
    times = _times(days, period, begin)
    evidence = await _evidence(engine, service_id, Span.of(times, card.longest_half_life))
    assessments = await asyncio.to_thread(history, card, evidence, times)
    return {"items": [score_out(each) for each in assessments], "next": None}


@router.get("/rankings", summary="The services of a jurisdiction in the order of a figure")
async def rankings(
    request: Request,
    jurisdiction_id: Annotated[EntityId, Query()],
    as_of: AsOf,
    card: JurisdictionCard,
    by: Figure = "public_value",
) -> RankingOut:
    standing = await _board(request).standing(jurisdiction_id, as_of, card)
    if standing is None:
        raise Problem(404, "unknown-jurisdiction", "There is no such jurisdiction here", jurisdiction_id)
    places = rank([(each.service_id, each.figure(by)) for each in standing.assessments])
    items = [ranked(place, standing.names[place.service_id]) for place in places]
    return RankingOut(jurisdiction_id=jurisdiction_id, by=by, as_of=as_of, scorecard=card.label, items=items)


async def _assess(engine: AsyncEngine, service_id: str, time: Time, card: Scorecard) -> Assessment:
    [found] = assess_all(card, await _evidence(engine, service_id, Span.of([time], card.longest_half_life)), *time)
    return found


async def _evidence(engine: AsyncEngine, service_id: str, span: Span) -> Evidence:
    async with store.reading(engine) as database:
        found = await store.read(database, [service_id], span)
    if not found:
        raise Problem(404, "unknown-service", "Neither the catalogue nor any event names this service", service_id)
    return found[0]


def _points_in_time(first: date, last: date, step: Period) -> list[date]:
    if first > last:
        raise Problem(422, "empty-span", "The history ends before it begins", f"from is {first}, to is {last}")
    days = list(islice(days_between(first, last, step), MOST_POINTS + 1))
    if len(days) > MOST_POINTS:
        detail = f"At most {MOST_POINTS} points: choose a shorter span, or a longer step"
        raise Problem(422, "long-history", "That is too much at once", detail)
    return days
