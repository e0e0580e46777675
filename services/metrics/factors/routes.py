"""`/v1/success-factors`."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from services.metrics.apart.process import Apart
from services.metrics.factors import store
from services.metrics.factors.correlation import Correlation, Pairs, correlate
from services.metrics.publishes import rounded
from services.metrics.scorecards.asked import Named, chosen
from services.metrics.scores.asking import AsOf
from services.metrics.scores.assessment import Assessment
from services.metrics.scores.store import reading
from services.metrics.subjects.board import Board
from services.metrics.subjects.store import find_region
from services.metrics.subjects.subject import Kind
from shared.problems import Problem
from shared.text import EntityId

router = APIRouter(prefix="/v1", tags=["scores"])

CAVEAT = "What goes with what among these services; none of it says that one brings about the other"
CHANCE = 0.1
"""Of the associations that are told as such, so many may be chance."""


class FactorOut(BaseModel):
    """How a factor goes with a figure, over services that have both."""

    factor: str
    figure: str
    n: int = Field(description="Services with both")
    rho: float | None = Field(description="Spearman's rank correlation")
    low: float | None = Field(description="With high: a 90 % interval")
    high: float | None
    p: float | None = Field(description="How probable one so far from 0 is, were there no association")
    adjusted_p: float | None = Field(description="The same, adjusted for all correlations of this answer")
    says: str | None = Field(description="In words")
    absent: str | None = Field(description="Why there is none")


class FactorsOut(BaseModel):
    """Correlations, those with the smallest adjusted p first, then the absent ones."""

    jurisdiction_id: str | None
    region_id: str | None
    as_of: str
    scorecard: str
    services: int
    correlations: int = Field(description="How many were computed at once: what p-values are adjusted for")
    caveat: str
    items: list[FactorOut]


@router.get("/success-factors", summary="What goes with good scores, over services")
async def success_factors(
    request: Request,
    as_of: AsOf,
    jurisdiction_id: Annotated[EntityId | None, Query(description="Of its services; or of a region's")] = None,
    region_id: Annotated[EntityId | None, Query()] = None,
    scorecard: Named = None,
) -> FactorsOut:
    """Technologies, collaborations, balance of helixes and capacity, against public value and each dimension."""
    if (jurisdiction_id is None) == (region_id is None):
        detail = "Name one of jurisdiction_id and region_id"
        raise Problem(422, "invalid-input", "The input is not valid", detail)
    card = await chosen(request, jurisdiction_id or "", scorecard)
    board: Board = request.app.state.board
    assessments: list[Assessment] = []
    for city in await _cities(request, jurisdiction_id, region_id):
        standing = await board.standing(Kind.SERVICE, city, as_of, card)
        if standing is None and jurisdiction_id is not None:
            raise Problem(404, "unknown-jurisdiction", "There is no such jurisdiction here", city)
        assessments += standing.assessments if standing else []
    async with reading(request.app.state.engine) as database:
        factors = await store.factors(database, [each.service_id for each in assessments], as_of)
    figures = ["public_value", *card.weights]
    asked = [
        (factor, figure, _pairs(by_service, figure, assessments))
        for factor, by_service in factors.items()
        for figure in figures
    ]
    statistics: Apart = request.app.state.statistics
    computed = iter(await statistics.run(correlate, [pairs for *_, pairs in asked if pairs.absent is None]))
    items = [
        _item(factor, figure, pairs, next(computed) if pairs.absent is None else None)
        for factor, figure, pairs in asked
    ]
    items.sort(key=lambda each: 2.0 if each.adjusted_p is None else each.adjusted_p)
    return FactorsOut(
        jurisdiction_id=jurisdiction_id,
        region_id=region_id,
        as_of=f"{as_of}",
        scorecard=card.label,
        services=len(assessments),
        correlations=sum(each.rho is not None for each in items),
        caveat=CAVEAT,
        items=items,
    )


async def _cities(request: Request, jurisdiction_id: str | None, region_id: str | None) -> Sequence[str]:
    if region_id is None:
        return [jurisdiction_id or ""]
    async with reading(request.app.state.engine) as database:
        region = await find_region(database, region_id)
    if region is None:
        raise Problem(404, "unknown-region", "There is no such region here", region_id)
    return region.jurisdictions


def _pairs(by_service: dict[str, float], figure: str, assessments: Sequence[Assessment]) -> Pairs:
    """As figures are published: whoever has them comes to the same ranks."""
    held = [(by_service.get(each.service_id), each.figure(figure)) for each in assessments]
    both = [(rounded(factor), rounded(points.score)) for factor, points in held if factor is not None and points]
    return Pairs([factor for factor, _ in both], [score for _, score in both])


def _item(factor: str, figure: str, pairs: Pairs, found: Correlation | None) -> FactorOut:
    names = {"factor": factor, "figure": figure, "n": len(pairs.of)}
    if found is None:
        nothing = dict.fromkeys(("rho", "low", "high", "p", "adjusted_p", "says"))
        return FactorOut.model_validate(names | nothing | {"absent": pairs.absent})
    rho, low, high, p, adjusted = map(rounded, found)
    figures = {"rho": rho, "low": low, "high": high, "p": p, "adjusted_p": adjusted}
    return FactorOut.model_validate(names | figures | {"says": _says(factor, figure, found), "absent": None})


def _says(factor: str, figure: str, found: Correlation) -> str:
    words = figure.replace("_", " ")
    if found.adjusted > CHANCE:
        return f"cannot be told from chance: {factor} and {words}"
    what = f"having {factor.partition(':')[2]}" if factor.startswith("technology:") else f"more {factor}"
    return f"{what} goes with {'higher' if found.rho > 0 else 'lower'} {words}"
