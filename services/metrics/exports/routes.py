"""`/v1/exports/...`."""

import asyncio
from datetime import date
from itertools import islice
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from services.metrics.apart.process import Apart
from services.metrics.exports import fiware
from services.metrics.exports.parquet import parquet
from services.metrics.exports.rows import Row, rows
from services.metrics.exports.scrapes import Scrapes
from services.metrics.exports.standards import YEAR, Coded, declared, response_time
from services.metrics.homes.store import home_of
from services.metrics.scorecards.asked import Named, chosen
from services.metrics.scores.asking import AsOf
from services.metrics.scores.assessment import Assessment, assess_all, history
from services.metrics.scores.days import DAY_TEXT, Period, days_between, past_day, today
from services.metrics.scores.evidence import Evidence
from services.metrics.scores.scorecard import Scorecard
from services.metrics.scores.store import Span, read, reading, services_of, version_of
from services.metrics.scores.weighing import Time
from services.metrics.subjects.store import evidence_of, find_jurisdiction
from shared.database import connection
from shared.problems import Problem
from shared.tables import lines
from shared.text import EntityId

router = APIRouter(prefix="/v1/exports", tags=["exports"])

MOST_SCORES = 5_000
"""Scores of a table, each of a service on a day."""

City = Annotated[EntityId, Query(description="The city whose services it is about")]


def _serves(kind: str, what: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {kind: {}}, "description": what}}


def _days(
    as_of: Annotated[str | None, Query(description="A UTC day; default today", json_schema_extra=DAY_TEXT)] = None,
    first: Annotated[
        str | None, Query(alias="from", description="Instead of as_of: the first UTC day", json_schema_extra=DAY_TEXT)
    ] = None,
    last: Annotated[
        str | None, Query(alias="to", description="The last UTC day; default today", json_schema_extra=DAY_TEXT)
    ] = None,
    step: Annotated[Period, Query(description="How far apart the days are, from `from` to `to`")] = Period.DAY,
) -> list[date]:
    if first is None and last is None:
        return [past_day(as_of, "as_of", today())]
    if as_of is not None:
        raise Problem(422, "two-spans", "That is two spans of time at once", "Choose as_of, or from and to")
    end = past_day(last, "to", today())
    begin = past_day(first, "from", end)
    if begin > end:
        raise Problem(422, "empty-span", "The span ends before it begins", f"from is {begin}, to is {end}")
    return list(islice(days_between(begin, end, step), MOST_SCORES + 1))


Days = Annotated[list[date], Depends(_days)]


class Read(NamedTuple):
    """What was read of a city's services."""

    card: Scorecard
    evidence: list[Evidence]

    @property
    def names(self) -> dict[str, str | None]:
        """The services' names by id."""
        return {each.service_id: each.name for group in self.evidence for each in group.services}

    def assess(self, days: list[date]) -> list[Assessment]:
        """Every service on each day."""
        return [each for day in days for group in self.evidence for each in assess_all(self.card, group, day)]


@router.get(
    "/scores.csv",
    summary="Scores as a table: a row for each service, day and indicator",
    response_class=Response,
    responses=_serves("text/csv", "Empty cells where there is no evidence"),
)
async def scores_csv(request: Request, jurisdiction_id: City, days: Days, scorecard: Named = None) -> Response:
    found = await _table(request, jurisdiction_id, days, scorecard)
    text = await asyncio.to_thread(lines, [Row._fields, *found])
    return Response(text, media_type="text/csv", headers=_named(jurisdiction_id, "csv"))


@router.get(
    "/scores.parquet",
    summary="The same as Parquet",
    response_class=Response,
    responses=_serves("application/vnd.apache.parquet", "Columns with types; null where there is no evidence"),
)
async def scores_parquet(request: Request, jurisdiction_id: City, days: Days, scorecard: Named = None) -> Response:
    found = await _table(request, jurisdiction_id, days, scorecard)
    drawing: Apart = request.app.state.drawing
    made = await drawing.run(parquet, await asyncio.to_thread(msgspec.json.encode, found))
    headers = _named(jurisdiction_id, "parquet")
    return Response(made, media_type="application/vnd.apache.parquet", headers=headers)


@router.get(
    "/prometheus",
    summary="Today's scores as Prometheus gauges",
    response_class=Response,
    responses=_serves(CONTENT_TYPE_LATEST, "No sample where there is no evidence"),
)
async def prometheus(request: Request, jurisdiction_id: City) -> Response:
    """Computed at most every ten seconds, however many scrape."""
    scrapes: Scrapes = request.app.state.scrapes
    text = await scrapes.text(jurisdiction_id, await chosen(request, jurisdiction_id, None))
    if text is None:
        raise _unknown(jurisdiction_id)
    return Response(text, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "public, max-age=10"})


@router.get(
    "/fiware",
    summary="Scores as FIWARE KeyPerformanceIndicator entities",
    response_class=Response,
    responses=_serves("application/ld+json", "NGSI-LD, normalised or as key-values"),
)
async def fiware_entities(
    request: Request,
    jurisdiction_id: City,
    as_of: AsOf,
    options: Annotated[Literal["normalized", "keyValues"], Query(description="As brokers call them")] = "normalized",
    scorecard: Named = None,
) -> Response:
    found = await _read(request, jurisdiction_id, [as_of], scorecard)
    async with connection(request.app.state.engine) as database:
        home = await home_of(database, jurisdiction_id)
    names = found.names

    def compute() -> bytes:
        told = [
            entity
            for each in found.assess([as_of])
            for entity in fiware.entities(
                each, names[each.service_id] or each.service_id, home.name, key_values=options == "keyValues"
            )
        ]
        return msgspec.json.encode(told)

    return Response(await asyncio.to_thread(compute), media_type="application/ld+json")


@router.get(
    "/standards.csv",
    summary="A city's figures by the codes of ISO 37122 and of what its scorecard names",
    response_class=Response,
    responses=_serves("text/csv", "A row per code, with what is other than in the list"),
)
async def standards(request: Request, jurisdiction_id: City, as_of: AsOf, scorecard: Named = None) -> Response:
    found = await _read(request, jurisdiction_id, [as_of], scorecard)
    times = [Time(as_of)]
    async with reading(request.app.state.engine) as database:
        subject = await find_jurisdiction(database, jurisdiction_id)
        if subject is None:
            raise _unknown(jurisdiction_id)
        span = Span.of(times, found.card.longest_half_life)
        evidence = await evidence_of(database, subject, span, today())
    [assessment] = await asyncio.to_thread(history, found.card, evidence, times)
    told = [response_time(found.evidence, as_of), *declared(assessment)]
    text = lines([Coded._fields, *told])
    return Response(text, media_type="text/csv", headers=_named(jurisdiction_id, "csv", "standards"))


async def _table(request: Request, jurisdiction_id: str, days: list[date], named: str | None) -> list[Row]:
    found = await _read(request, jurisdiction_id, days, named)
    return await asyncio.to_thread(lambda: list(rows(found.assess(days), found.names)))


async def _read(request: Request, jurisdiction_id: str, days: list[date], named: str | None) -> Read:
    card = await chosen(request, jurisdiction_id, named)
    async with reading(request.app.state.engine) as database:
        if await version_of(database, jurisdiction_id) is None:
            raise _unknown(jurisdiction_id)
        services = await services_of(database, jurisdiction_id)
        if len(days) * max(len(services), 1) > MOST_SCORES:
            detail = f"{len(services)} services on each day; at most {MOST_SCORES} scores: fewer days, or a longer step"
            raise Problem(422, "too-much", "That is too much at once", detail)
        # A year is read day by day for what goes by the year, even if nothing else looks so far back.
        year = Time(days[0], days[0] - min(YEAR, days[0] - date.min))
        span = Span.of([*map(Time, days), year], card.longest_half_life)
        return Read(card, await read(database, services, span))


def _unknown(jurisdiction_id: str) -> Problem:
    return Problem(404, "unknown-jurisdiction", "There is no such jurisdiction here", jurisdiction_id)


def _named(jurisdiction_id: str, kind: str, what: str = "scores") -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{jurisdiction_id}-{what}.{kind}"'}
