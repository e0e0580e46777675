"""`/v1/rankings`."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.metrics.publishes import score_changed
from services.metrics.scorecards.asked import Named, chosen
from services.metrics.scores.asking import AsOf
from services.metrics.scores.days import today
from services.metrics.scores.points import Points
from services.metrics.scores.rankings import rank
from services.metrics.scores.schemas import RankingOut, ranked
from services.metrics.subjects.board import Board, Standing
from services.metrics.subjects.published import Published
from services.metrics.subjects.subject import Kind
from services.metrics.subjects.tagged import NOT_MODIFIED, tagged
from services.metrics.subjects.times import month_end
from shared.contracts.metrics import ScoreChanged
from shared.problems import Problem
from shared.text import EntityId

router = APIRouter(prefix="/v1", tags=["scores"])

Figure = Literal["public_value", "effectiveness", "efficiency", "legitimacy"]
Of = Literal["services", "districts", "focal-areas", "organisations", "jurisdictions"]


@router.get(
    "/rankings",
    response_model=RankingOut,
    responses=NOT_MODIFIED,
    summary="The services of a jurisdiction, or others of a kind, in the order of a figure",
)
async def rankings(
    request: Request,
    as_of: AsOf,
    of: Of = "services",
    jurisdiction_id: Annotated[EntityId | None, Query(description="Whose; of jurisdictions it is not needed")] = None,
    region_id: Annotated[EntityId | None, Query(description="Of jurisdictions: those of a region")] = None,
    by: Figure = "public_value",
    scorecard: Named = None,
) -> Response:
    kind = Kind(of)
    within = _within(kind, jurisdiction_id, region_id)
    card = await chosen(request, jurisdiction_id or "", scorecard)
    day = month_end(as_of) if kind is Kind.DISTRICT else as_of
    published: Published = request.app.state.published
    found = await published.all(within or "") if kind is Kind.SERVICE and day == today() else None
    if found is None or any(score.scorecard != card.label for score, _ in found):
        board: Board = request.app.state.board
        standing = await board.standing(kind, within, day, card)
        if standing is None:
            raise Problem(404, f"unknown-{_whose(kind)}", f"There is no such {_whose(kind)} here", within or "")
        found = await asyncio.to_thread(_named, standing)
    head = {"of": of, "jurisdiction_id": jurisdiction_id, "by": by, "as_of": day, "scorecard": card.label}
    return tagged(request, await asyncio.to_thread(_ranking, head, found, by, of_services=kind is Kind.SERVICE))


def _ranking(
    head: dict[str, Any], scores: Sequence[tuple[ScoreChanged, str | None]], by: str, *, of_services: bool
) -> bytes:
    names = {score.service_id: name for score, name in scores}
    places = rank([(score.service_id, figure_of(score, by)) for score, _ in scores])
    items = [ranked(place, names[place.service_id], of_services=of_services) for place in places]
    return msgspec.json.encode({**head, "items": items})


def _within(kind: Kind, jurisdiction_id: str | None, region_id: str | None) -> str | None:
    """The jurisdiction or region whose parts are ranked."""
    if kind is Kind.JURISDICTION:
        if jurisdiction_id is not None:
            raise Problem(422, "invalid-input", "The input is not valid", "Jurisdictions are of no jurisdiction")
        return region_id
    if region_id is not None or jurisdiction_id is None:
        raise Problem(422, "invalid-input", "The input is not valid", "jurisdiction_id is needed, and no region_id")
    return jurisdiction_id


def _whose(kind: Kind) -> str:
    return "region" if kind is Kind.JURISDICTION else "jurisdiction"


def _named(standing: Standing) -> list[tuple[ScoreChanged, str | None]]:
    return [(score_changed(each), standing.names[each.service_id]) for each in standing.assessments]


def figure_of(score: ScoreChanged, by: str) -> Points | None:
    """A figure as it is published: whoever has the published ones comes to the same ranks."""
    found = score.public_value if by == "public_value" else score.dimensions[by]
    if found.score is None or found.low is None or found.high is None:
        return None
    return Points(found.score, found.low, found.high, 0.0)
