"""`/v1/sensitivity`: how much the order of services hangs on the scorecard's choices."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request

from services.metrics.scorecards.asked import JurisdictionCard
from services.metrics.scores.asking import AsOf
from services.metrics.sensitivity.analysis import Spread
from services.metrics.sensitivity.remembered import Question, Sensitivities
from services.metrics.sensitivity.schemas import SensitivityOut, told
from services.metrics.subjects.board import Board
from services.metrics.subjects.subject import Kind
from shared.problems import Problem
from shared.text import EntityId

router = APIRouter(prefix="/v1", tags=["scorecards"])

Figure = Literal["public_value", "effectiveness", "efficiency", "legitimacy"]


@router.get("/sensitivity", summary="How ranks move when weights, means or indicators are others")
async def sensitivity(
    request: Request,
    jurisdiction_id: Annotated[EntityId, Query()],
    card: JurisdictionCard,
    as_of: AsOf,
    by: Figure = "public_value",
    weights: Annotated[
        Spread, Query(description="near: each weight moves up to a quarter either way; any: all weights are possible")
    ] = Spread.NEAR,
    top: Annotated[int, Query(ge=1, le=1_000, description="How many first places to tell the share of")] = 3,
) -> SensitivityOut:
    """After the OECD and JRC's handbook on composite indicators; the same question gets the same answer."""
    board: Board = request.app.state.board
    remembered: Sensitivities = request.app.state.sensitivities
    standing = await board.standing(Kind.SERVICE, jurisdiction_id, as_of, card)
    if standing is None:
        raise Problem(404, "unknown-jurisdiction", "There is no such jurisdiction here", jurisdiction_id)
    question = Question(by, weights, top)
    found = await remembered.of(jurisdiction_id, as_of, standing, card, question)
    return told(found, standing.names, question, jurisdiction_id, as_of, card.label)
