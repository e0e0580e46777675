"""`/score`, `/explanation` and `/history` of whatever scores are about: `/v1/{services, districts, ...}/{id}/...`."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine
from datetime import date
from itertools import islice
from typing import Annotated, Any

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import StringConstraints
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.changes.schemas import ChangeOut, change
from services.metrics.changes.split import split
from services.metrics.enablers.answers import enablers
from services.metrics.scorecards.asked import Named, chosen
from services.metrics.scores.asking import AsOf, PeriodOf, Since
from services.metrics.scores.assessment import Assessment, history
from services.metrics.scores.days import DAY_TEXT, Period, days_between, past_day, today
from services.metrics.scores.schemas import ExplanationOut, HistoryOut, ScoreOut
from services.metrics.scores.store import Span, reading
from services.metrics.scores.weighing import Time
from services.metrics.subjects import store
from services.metrics.subjects.answers import about, explanation_of, score_of
from services.metrics.subjects.published import Published
from services.metrics.subjects.subject import Kind, Subject
from services.metrics.subjects.tagged import NOT_MODIFIED, tagged
from services.metrics.subjects.times import Asked, asked, in_whole_months
from shared.contracts.base import ID_PATTERN
from shared.database import connection
from shared.problems import Problem
from shared.text import EntityId, Line

router = APIRouter(prefix="/v1", tags=["scores"])

MOST_POINTS = 400
HISTORY_DAYS = {False: 90, True: 365}
"""How far a history goes back without being told to; of whole months further."""

CHANGE_DAYS = 28

WELL_FORMED = re.compile(ID_PATTERN).fullmatch

Find = Callable[[asyncpg.Connection], Awaitable[Subject | None]]
Id = Annotated[EntityId, Path()]


def service(id: Id) -> Find:
    return lambda database: store.find_service(database, id)


def district(
    id: Id, service_id: Annotated[EntityId | None, Query(description="Only this service within the district")] = None
) -> Find:
    return lambda database: store.find_district(database, id, service_id)


def focal_area(
    id: Annotated[Line, StringConstraints(min_length=1), Path()],
    jurisdiction_id: Annotated[EntityId, Query(description="The city whose services serve it")],
) -> Find:
    return lambda database: store.find_focal_area(database, id, jurisdiction_id)


def organisation(
    id: Id, below: Annotated[bool, Query(description="With the services of organisations below it")] = False
) -> Find:
    return lambda database: store.find_organisation(database, id, below=below)


def jurisdiction(id: Id) -> Find:
    return lambda database: store.find_jurisdiction(database, id)


def region(id: Id) -> Find:
    return lambda database: store.find_region(database, id)


FINDING: dict[Kind, Callable[..., Find]] = {
    Kind.SERVICE: service,
    Kind.DISTRICT: district,
    Kind.FOCAL_AREA: focal_area,
    Kind.ORGANISATION: organisation,
    Kind.JURISDICTION: jurisdiction,
    Kind.REGION: region,
}
UNKNOWN = {
    Kind.SERVICE: "Neither the catalogue nor any event names this service",
    Kind.DISTRICT: "There is no such district, or no such service in its city",
    Kind.FOCAL_AREA: "No service of this jurisdiction serves such a focal area",
}


class AtOnce(APIRoute):
    """Answers what is asked for most, a service's score without any query, before the rest of the request is looked at:
    that costs more than the answer."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        in_full = super().get_route_handler()

        async def handler(request: Request) -> Response:
            id = request.path_params["id"]
            if request.scope["query_string"] or not WELL_FORMED(id):
                return await in_full(request)
            return await _todays(request, service(id), None)

        return handler


def _add(kind: Kind, find: Callable[..., Find]) -> None:
    """The three routes of a kind of subject."""
    words = kind.label
    Subjects = Annotated[Find, Depends(find)]

    async def score(request: Request, found: Subjects, as_of: AsOf, wanted: Wanted, scorecard: Named = None) -> Any:
        times = _of(kind, wanted).times([as_of])
        if kind is Kind.SERVICE and times == [Time(today())]:
            return await _todays(request, found, scorecard)
        return tagged(request, await _computed(request, kind, found, scorecard, times))

    async def explain(request: Request, found: Subjects, as_of: AsOf, wanted: Wanted, scorecard: Named = None) -> Any:
        times = _of(kind, wanted).times([as_of])
        subject, [assessment] = await _assess(request, kind, found, scorecard, times)
        explanation = explanation_of(subject, assessment)
        if kind in (Kind.SERVICE, Kind.ORGANISATION):
            async with reading(request.app.state.engine) as database:
                explanation.enablers = await enablers(database, subject, as_of)
        return explanation

    async def past(
        request: Request, found: Subjects, wanted: Wanted, days: Annotated[Days, Depends()], scorecard: Named = None
    ) -> Any:
        whole = _of(kind, wanted, days.step)
        points = days.points(wanted.since, days.step or whole.period or _default(whole), HISTORY_DAYS[whole.in_months])
        subject, assessments = await _assess(request, kind, found, scorecard, whole.times(points))
        items = [score_of(subject, each) for each in assessments]
        return tagged(request, msgspec.json.encode({"items": items, "next": None}))

    async def changed(
        request: Request, found: Subjects, wanted: Wanted, ends: Annotated[Ends, Depends()], scorecard: Named = None
    ) -> Any:
        times = _of(kind, wanted).times([ends.first, ends.last])
        subject, assessments = await _assess(request, kind, found, scorecard, times)
        return change(split(assessments[0], assessments[-1]), about(subject))

    a = "An" if words[0] in "aeiou" else "A"
    options: dict[str, Any] = {"response_model_exclude_unset": True}
    path = f"/{kind.value}/{{id}}"
    name = kind.value.replace("-", "_")
    router.add_api_route(
        f"{path}/score",
        score,
        response_model=ScoreOut,
        name=f"score_of_{name}",
        summary=f"{a} {words}'s score",
        responses=NOT_MODIFIED,
        route_class_override=AtOnce if kind is Kind.SERVICE else None,
        **options,
    )
    router.add_api_route(
        f"{path}/explanation",
        explain,
        response_model=ExplanationOut,
        name=f"explanation_of_{name}",
        summary=f"What {a.lower()} {words}'s score rests on",
        **options,
    )
    router.add_api_route(
        f"{path}/history",
        past,
        response_model=HistoryOut,
        name=f"history_of_{name}",
        summary=f"{a} {words}'s scores over time",
        responses=NOT_MODIFIED,
        **options,
    )
    router.add_api_route(
        f"{path}/change",
        changed,
        response_model=ChangeOut,
        name=f"change_of_{name}",
        summary=f"Why {a.lower()} {words}'s score is another than on an earlier day",
        **options,
    )


def _wanted(period: PeriodOf = None, since: Since = None) -> Asked:
    return asked(period, since)


Wanted = Annotated[Asked, Depends(_wanted)]


class Days:
    """The days of a history."""

    def __init__(
        self,
        first: Annotated[
            str | None,
            Query(
                alias="from", description="The first UTC day; default 90 days before `to`", json_schema_extra=DAY_TEXT
            ),
        ] = None,
        last: Annotated[
            str | None, Query(alias="to", description="The last UTC day; default today", json_schema_extra=DAY_TEXT)
        ] = None,
        step: Annotated[
            Period | None, Query(description="How far apart the points are; default `period`, or a day")
        ] = None,
    ) -> None:
        self._first = first
        self.last = past_day(last, "to", today())
        self.step = step

    def points(self, since: date | None, step: Period, back: int) -> list[date]:
        """The days, `step` apart; by default from `back` days before the last, and not from before `since`."""
        default = max(self.last.toordinal() - back, 1 if since is None else since.toordinal())
        first = past_day(self._first, "from", date.fromordinal(default))
        if first > self.last:
            detail = f"from is {first}, to is {self.last}"
            raise Problem(422, "empty-span", "The history ends before it begins", detail)
        days = list(islice(days_between(first, self.last, step), MOST_POINTS + 1))
        if len(days) > MOST_POINTS:
            detail = f"At most {MOST_POINTS} points: choose a shorter span, or a longer step"
            raise Problem(422, "long-history", "That is too much at once", detail)
        return days


class Ends:
    """The two days of a change."""

    def __init__(
        self,
        first: Annotated[
            str | None,
            Query(
                alias="from", description="The earlier UTC day; default 28 days before `to`", json_schema_extra=DAY_TEXT
            ),
        ] = None,
        last: Annotated[
            str | None, Query(alias="to", description="The later UTC day; default today", json_schema_extra=DAY_TEXT)
        ] = None,
    ) -> None:
        self.last = past_day(last, "to", today())
        self.first = past_day(first, "from", date.fromordinal(max(self.last.toordinal() - CHANGE_DAYS, 1)))
        if self.first >= self.last:
            detail = f"from is {self.first}, to is {self.last}"
            raise Problem(422, "empty-span", "The change ends before it begins", detail)


def _of(kind: Kind, wanted: Asked, step: Period | None = None) -> Asked:
    return in_whole_months(wanted, step) if kind is Kind.DISTRICT else wanted


def _default(wanted: Asked) -> Period:
    return Period.MONTH if wanted.in_months else Period.DAY


async def _todays(request: Request, find: Find, named: str | None) -> Response:
    """Today's score of a service: as it was published where that will do, else computed. Written as it stands: what the
    model of the route says is not checked again."""
    published: Published = request.app.state.published
    told = await published.score(request.path_params["id"], named)
    if told is None:
        with published.computing():
            told = await _computed(request, Kind.SERVICE, find, named, [Time(today())])
    return tagged(request, told)


async def _computed(request: Request, kind: Kind, find: Find, named: str | None, times: list[Time]) -> bytes:
    subject, [assessment] = await _assess(request, kind, find, named, times)
    return msgspec.json.encode(score_of(subject, assessment))


async def _assess(
    request: Request, kind: Kind, find: Find, named: str | None, times: list[Time]
) -> tuple[Subject, list[Assessment]]:
    engine: AsyncEngine = request.app.state.engine
    card = await chosen(request, "", named) if named else None
    async with connection(engine) as database:
        subject = await find(database)
    if subject is None:
        detail = UNKNOWN.get(kind, f"The catalogue names no such {kind.label}")
        raise Problem(404, f"unknown-{kind.value.removesuffix('s')}", f"There is no such {kind.label} here", detail)
    card = card or await chosen(request, subject.jurisdiction_id or "", None)
    async with reading(engine) as database:
        evidence = await store.evidence_of(database, subject, Span.of(times, card.longest_half_life), today())
    return subject, await asyncio.to_thread(history, card, evidence, times)


for _kind, _find in FINDING.items():
    _add(_kind, _find)
