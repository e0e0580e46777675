"""`/v1/rankings`."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request

from services.metrics.scorecards.asked import JurisdictionCard
from services.metrics.scores.asking import AsOf
from services.metrics.scores.board import Board
from services.metrics.scores.rankings import rank
from services.metrics.scores.schemas import RankingOut, ranked
from shared.problems import Problem
from shared.text import EntityId

router = APIRouter(prefix="/v1", tags=["scores"])

Figure = Literal["public_value", "effectiveness", "efficiency", "legitimacy"]


def _board(request: Request) -> Board:
    board: Board = request.app.state.board
    return board


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
