"""`/v1/jurisdictions/{id}/report.html` and `.pdf`."""

import asyncio
import hashlib
from collections import OrderedDict
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Header, Path, Query, Request, Response

from services.metrics.exports.apart import Apart
from services.metrics.languages import spoken
from services.metrics.reports.content import Order, report
from services.metrics.reports.reading import facts, last_ended
from services.metrics.reports.words import Words
from services.metrics.scorecards.asked import Named, chosen
from services.metrics.scores.days import Period, past_day, today
from shared.problems import Problem
from shared.text import EntityId

router = APIRouter(prefix="/v1/jurisdictions", tags=["exports"])

REMEMBERED = 16
SHORTLY = "public, max-age=60"
KINDS = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}
INERT = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    "X-Content-Type-Options": "nosniff",
}
Id = Annotated[EntityId, Path()]
PeriodOf = Annotated[Literal["month", "quarter"], Query(description="Of the calendar, in UTC")]
AsOf = Annotated[
    str | None, Query(description="A UTC day in the period, with which it ends here; default is the last ended period")
]
Language = Annotated[str | None, Query(description="en or es; default the city's first language", max_length=35)]
NoneMatch = Annotated[str, Header(include_in_schema=False)]


def _serves(kind: str) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"content": {kind: {}}, "description": "The same bytes while nothing has changed"},
        304: {"description": "It is as the ETag says"},
    }


@router.head("/{id}/report.html", include_in_schema=False)
@router.get(
    "/{id}/report.html",
    summary="The council's report as a page",
    response_class=Response,
    responses=_serves("text/html"),
)
async def page(
    request: Request,
    id: Id,
    period: PeriodOf = "month",
    as_of: AsOf = None,
    lang: Language = None,
    scorecard: Named = None,
    if_none_match: NoneMatch = "",
) -> Response:
    """What changed, scores with intervals, ranks with ties, and what all of it rests on. It runs no script."""
    return await _respond(
        request, "html", await _order(request, "html", id, period, as_of, lang, scorecard), if_none_match
    )


@router.head("/{id}/report.pdf", include_in_schema=False)
@router.get(
    "/{id}/report.pdf", summary="The same as PDF", response_class=Response, responses=_serves("application/pdf")
)
async def document(
    request: Request,
    id: Id,
    period: PeriodOf = "month",
    as_of: AsOf = None,
    lang: Language = None,
    scorecard: Named = None,
    if_none_match: NoneMatch = "",
) -> Response:
    """PDF/UA-1: with a structure and alternatives of charts, for those who listen to it."""
    return await _respond(
        request, "pdf", await _order(request, "pdf", id, period, as_of, lang, scorecard), if_none_match
    )


async def _order(
    request: Request,
    format: Literal["html", "pdf"],
    id: str,
    period: str,
    as_of: str | None,
    lang: str | None,
    named: str | None,
) -> bytes:
    """The report as JSON: all that it is set from."""
    span = Period(period)
    last = past_day(as_of, "as_of", last_ended(span, today()))
    card = await chosen(request, id, named)
    found = await facts(request.app.state.engine, id, card, span, last)
    if found is None:
        raise Problem(404, "unknown-jurisdiction", "There is no such jurisdiction here", id)
    words = Words(spoken(lang, city=found.home.languages))
    return msgspec.json.encode(Order(format, await asyncio.to_thread(report, found, words)))


async def _respond(request: Request, format: str, order: bytes, if_none_match: str) -> Response:
    digest = hashlib.sha256(order).hexdigest()[:32]
    headers = {"ETag": f'"{digest}"', "Cache-Control": SHORTLY, **INERT}
    if headers["ETag"] in if_none_match or if_none_match.strip() == "*":
        return Response(status_code=304, headers=headers)
    remembered: OrderedDict[str, bytes] = request.app.state.reports
    made = remembered.get(digest)
    if made is None:
        apart: Apart = request.app.state.apart
        made = await apart.run("services.metrics.reports.render", order)
        remembered[digest] = made
        if len(remembered) > REMEMBERED:
            remembered.popitem(last=False)
    return Response(made, media_type=KINDS[format], headers=headers)
