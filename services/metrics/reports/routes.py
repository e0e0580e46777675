"""`/v1/jurisdictions/{id}/report.html` and `.pdf`."""

import asyncio
import hashlib
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.apart.process import Apart
from services.metrics.languages import spoken
from services.metrics.reports.content import Format, Order, report
from services.metrics.reports.reading import facts, last_ended
from services.metrics.reports.remembered import Question, Reports, state_of
from services.metrics.reports.render import render
from services.metrics.reports.words import Words
from services.metrics.scorecards.asked import Named, chosen
from services.metrics.scores.days import DAY_TEXT, Period, past_day, today
from shared.problems import Problem
from shared.text import EntityId

router = APIRouter(prefix="/v1/jurisdictions", tags=["exports"])

SHORTLY = "public, max-age=60"
KINDS = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}
INERT = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    "X-Content-Type-Options": "nosniff",
}
Id = Annotated[EntityId, Path()]
PeriodOf = Annotated[Literal["month", "quarter"], Query(description="Of the calendar, in UTC")]
AsOf = Annotated[
    str | None,
    Query(
        description="A UTC day in the period, with which it ends here; default is the last ended period",
        json_schema_extra=DAY_TEXT,
    ),
]
Language = Annotated[str | None, Query(description="en or es; default the city's first language", max_length=35)]
NoneMatch = Annotated[str, Header(include_in_schema=False)]


def _serves(kind: str) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"content": {kind: {}}, "description": "The same bytes while nothing has changed"},
        304: {"description": "It is as the ETag says"},
    }


class Asked(NamedTuple):
    """Which report, of whom and when, in which words; and what of it the asker has."""

    id: str
    period: Period
    as_of: str | None
    lang: str | None
    scorecard: str | None
    if_none_match: str


def _asked(
    id: Id,
    period: PeriodOf = "month",
    as_of: AsOf = None,
    lang: Language = None,
    scorecard: Named = None,
    if_none_match: NoneMatch = "",
) -> Asked:
    return Asked(id, Period(period), as_of, lang, scorecard, if_none_match)


Report = Annotated[Asked, Depends(_asked)]


@router.head("/{id}/report.html", include_in_schema=False)
@router.get(
    "/{id}/report.html",
    summary="The council's report as a page",
    response_class=Response,
    responses=_serves("text/html"),
)
async def page(request: Request, asked: Report) -> Response:
    """What changed, scores with intervals, ranks with ties, and what all of it rests on. It runs no script."""
    return await _respond(request, "html", asked)


@router.head("/{id}/report.pdf", include_in_schema=False)
@router.get(
    "/{id}/report.pdf", summary="The same as PDF", response_class=Response, responses=_serves("application/pdf")
)
async def document(request: Request, asked: Report) -> Response:
    """PDF/UA-1: with a structure and alternatives of charts, for those who listen to it."""
    return await _respond(request, "pdf", asked)


async def _order(request: Request, format: Format, asked: Asked) -> bytes:
    """The report as JSON: all that it is set from."""
    last = past_day(asked.as_of, "as_of", last_ended(asked.period, today()))
    card = await chosen(request, asked.id, asked.scorecard)
    engine: AsyncEngine = request.app.state.engine
    remembered: Reports = request.app.state.reports
    state = await state_of(engine, asked.id)
    if state is None:
        raise Problem(404, "unknown-jurisdiction", "There is no such jurisdiction here", asked.id)
    question = Question(asked.id, card.label, asked.period, last, asked.lang)
    found = remembered.find(question, state)
    if found is None:
        known = await facts(engine, asked.id, card, asked.period, last)
        words = Words(spoken(asked.lang, city=known.home.languages))
        found = await asyncio.to_thread(report, known, words)
        remembered.keep(question, state, found)
    return msgspec.json.encode(Order(format, found))


async def _respond(request: Request, format: Format, asked: Asked) -> Response:
    order = await _order(request, format, asked)
    digest = hashlib.sha256(order).hexdigest()[:32]
    headers = {"ETag": f'"{digest}"', "Cache-Control": SHORTLY, **INERT}
    if headers["ETag"] in asked.if_none_match or asked.if_none_match.strip() == "*":
        return Response(status_code=304, headers=headers)
    remembered: Reports = request.app.state.reports
    made = remembered.made.get(digest)
    if made is None:
        drawing: Apart = request.app.state.drawing
        made = await drawing.run(render, order)
        remembered.keep_made(digest, made)
    return Response(made, media_type=KINDS[format], headers=headers)
