"""`/v1/jurisdictions/{id}/cityscore` and `/v1/jurisdictions/{id}/cityscore.csv`."""

import asyncio
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field

from services.metrics.cityscore.view import CityScore, Relative, view
from services.metrics.publishes import rounded
from services.metrics.scorecards.asked import Named, chosen
from services.metrics.scores.asking import AsOf
from services.metrics.scores.assessment import Assessment, history
from services.metrics.scores.days import Period, first_of, today
from services.metrics.scores.scorecard import Scorecard
from services.metrics.scores.store import Span, reading
from services.metrics.scores.weighing import Time
from services.metrics.subjects.store import evidence_of, find_jurisdiction
from shared.problems import Problem
from shared.tables import lines
from shared.text import EntityId

router = APIRouter(prefix="/v1/jurisdictions", tags=["scores"])

CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}}, "description": "A line per indicator; empty where there is no score"}
}


class FigureOut(BaseModel):
    """An indicator in one period."""

    score: float | None = Field(description="1.0 on target, above is better; null without a figure")
    value: float | None = Field(description="What was observed, in the indicator's unit")
    target: float = Field(description="The target that the period is held against")
    n: int


class RowOut(BaseModel):
    """An indicator, by period."""

    id: str
    name: str
    dimension: str
    unit: str
    direction: str = Field(description="up: more is better; down: less is")
    day: FigureOut
    week: FigureOut
    month: FigureOut
    quarter: FigureOut


class PeriodOut(BaseModel):
    """What all indicators come to in one period."""

    since: date
    score: float | None = Field(description="The mean of the indicators that have a score")
    indicators: int = Field(description="How many those are")


class CityScoreOut(BaseModel):
    """A city relative to its targets."""

    jurisdiction_id: str
    as_of: date
    scorecard: str
    periods: dict[Period, PeriodOut]
    items: list[RowOut]
    next: None = None


Id = Annotated[EntityId, Path()]


@router.get("/{id}/cityscore", summary="A city's figures relative to their targets: 1.0 is on target")
async def cityscore(request: Request, id: Id, as_of: AsOf, scorecard: Named = None) -> CityScoreOut:
    card, found = await _view(request, id, as_of, scorecard)
    periods = {
        period: PeriodOut(
            since=first_of(period, as_of),
            score=None if mean is None else rounded(mean),
            indicators=sum(row.periods[period].score is not None for row in found.rows),
        )
        for period, mean in found.means.items()
    }
    items = [
        RowOut(
            id=row.indicator.id,
            name=row.indicator.name,
            dimension=row.indicator.dimension,
            unit=row.indicator.unit,
            direction="down" if row.indicator.floor > row.indicator.target else "up",
            **{period.value: _figure(each) for period, each in row.periods.items()},
        )
        for row in found.rows
    ]
    return CityScoreOut(jurisdiction_id=id, as_of=as_of, scorecard=card.label, periods=periods, items=items)


@router.get("/{id}/cityscore.csv", summary="The same as a table", response_class=Response, responses=CSV)
async def cityscore_table(request: Request, id: Id, as_of: AsOf, scorecard: Named = None) -> Response:
    """One line for each indicator, the first for all together; by day, week, month and quarter."""
    _, found = await _view(request, id, as_of, scorecard)
    rows: list[list[Any]] = [
        ["indicator", "name", *Period],
        ["cityscore", "CityScore", *map(_number, found.means.values())],
    ]
    for row in found.rows:
        rows.append([row.indicator.id, row.indicator.name, *(_number(each.score) for each in row.periods.values())])
    return Response(lines(rows), media_type="text/csv")


async def _view(request: Request, id: str, as_of: date, named: str | None) -> tuple[Scorecard, CityScore]:
    card = await chosen(request, id, named)
    times = {period: Time(as_of, first_of(period, as_of)) for period in Period}
    async with reading(request.app.state.engine) as database:
        subject = await find_jurisdiction(database, id)
        if subject is None:
            raise Problem(404, "unknown-jurisdiction", "There is no such jurisdiction here", id)
        span = Span.of(list(times.values()), card.longest_half_life)
        evidence = await evidence_of(database, subject, span, today())

    def compute() -> CityScore:
        assessments: list[Assessment] = history(card, evidence, times.values())
        return view(dict(zip(times, assessments, strict=True)))

    return card, await asyncio.to_thread(compute)


def _figure(found: Relative) -> FigureOut:
    return FigureOut(
        score=None if found.score is None else rounded(found.score),
        value=None if found.value is None else rounded(found.value),
        target=rounded(found.target),
        n=found.n,
    )


def _number(score: float | None) -> float | None:
    return None if score is None else rounded(score)
