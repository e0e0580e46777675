"""`/badges/{service_id}.svg`."""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response

from services.metrics.badges.badge import Badge, svg
from services.metrics.homes.store import home_of
from services.metrics.languages import spoken
from services.metrics.scorecards.asked import chosen
from services.metrics.scores.days import today
from services.metrics.scores.points import Points
from services.metrics.subjects.board import Board
from services.metrics.subjects.published import Published, decoded
from services.metrics.subjects.rankings import Figure, figure_of
from services.metrics.subjects.store import find_service
from services.metrics.subjects.subject import Kind
from shared.database import connection
from shared.problems import Problem
from shared.text import EntityId

router = APIRouter(tags=["badges"])

SHORTLY = "public, max-age=30"
INERT = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
SERVES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/svg+xml": {}}, "description": "The badge"},
    304: {"description": "It is as the ETag says"},
}
Language = Annotated[str | None, Query(description="en or es; default the city's first language", max_length=35)]
NoneMatch = Annotated[str, Header(include_in_schema=False)]


@router.head("/badges/{service_id}.svg", include_in_schema=False)
@router.get("/badges/{service_id}.svg", summary="A service's score as a picture", responses=SERVES)
async def badge(
    request: Request,
    service_id: Annotated[EntityId, Path()],
    of: Annotated[Figure, Query(description="Which figure")] = "public_value",
    lang: Language = None,
    if_none_match: NoneMatch = "",
) -> Response:
    """As of today, in the city's colours. Whoever shows it asks again after half a minute."""
    async with connection(request.app.state.engine) as database:
        subject = await find_service(database, service_id)
        if subject is None or subject.jurisdiction_id is None:
            raise Problem(404, "unknown-service", "There is no such service here", service_id)
        home = await home_of(database, subject.jurisdiction_id)
    day = today()
    points = await _points(request, service_id, home.id, of)
    language = spoken(lang, city=home.languages)
    picture = svg(Badge(subject.name or service_id, of, points, day, language, home.colours)).encode()
    headers = {"ETag": f'"{hashlib.sha256(picture).hexdigest()[:32]}"', "Cache-Control": SHORTLY, **INERT}
    if headers["ETag"] in if_none_match or if_none_match.strip() == "*":
        return Response(status_code=304, headers=headers)
    return Response(picture, media_type="image/svg+xml", headers=headers)


async def _points(request: Request, service_id: str, jurisdiction_id: str, of: str) -> Points | None:
    """Today's figure: as it was published, where that will do."""
    published: Published = request.app.state.published
    told = await published.score(service_id)
    if told is not None:
        return figure_of(decoded(told), of)
    card = await chosen(request, jurisdiction_id, None)
    board: Board = request.app.state.board
    standing = await board.standing(Kind.SERVICE, jurisdiction_id, today(), card)
    scored = {each.service_id: each for each in standing.assessments} if standing else {}
    return scored[service_id].figure(of) if service_id in scored else None
