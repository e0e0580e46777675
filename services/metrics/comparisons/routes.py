"""`/v1/comparisons`."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from services.metrics.apart.process import Apart
from services.metrics.comparisons import beside
from services.metrics.comparisons.groups import Compared, Estimate, Sample, compare
from services.metrics.comparisons.store import By, groups, names_of
from services.metrics.publishes import rounded
from services.metrics.scorecards.asked import Named, chosen
from services.metrics.scores.asking import AsOf
from services.metrics.scores.assessment import Assessment, history
from services.metrics.scores.days import today
from services.metrics.scores.schemas import ScoreOut
from services.metrics.scores.store import Span, reading
from services.metrics.subjects import store
from services.metrics.subjects.answers import score_of
from services.metrics.subjects.board import Board
from services.metrics.subjects.subject import Kind
from shared.problems import Problem
from shared.text import EntityId

router = APIRouter(prefix="/v1", tags=["scores"])


class MeanOut(BaseModel):
    """A mean, or a difference of means, in points with a 90 % interval; no interval of a single service."""

    value: float
    low: float | None
    high: float | None


class ComparedOut(BaseModel):
    """A figure of a group of services beside that of the jurisdiction's other services."""

    n: int = Field(description="Services of the group that have the figure")
    n_others: int
    mean: MeanOut | None
    others: MeanOut | None
    difference: MeanOut | None = Field(description="The mean less that of the others")


class GroupOut(BaseModel):
    """Services that have something in common."""

    id: str
    name: str | None
    services: list[str]
    figures: dict[str, ComparedOut]


class GroupsOut(BaseModel):
    """Groups of a jurisdiction's services."""

    jurisdiction_id: str
    by: By
    as_of: str
    scorecard: str
    differences: int = Field(
        description="How many have an interval: of 10 without any true difference, one will not hold 0"
    )
    items: list[GroupOut]


class BesideOut(ScoreOut):
    """A score, and by how much it is above the first one, as if both were independent; null where one is absent."""

    difference: dict[str, MeanOut | None]


class BesidesOut(BaseModel):
    """Scores beside each other, subject by subject, each at all times."""

    items: list[BesideOut]


@router.get(
    "/comparisons",
    summary="Groups of services beside the others, or whatever has a score beside others of its kind",
    response_model_exclude_unset=True,
)
async def comparisons(
    request: Request,
    as_of: AsOf,
    jurisdiction_id: Annotated[EntityId | None, Query(description="Whose services, or focal areas")] = None,
    by: Annotated[By | None, Query(description="What a group of services has in common")] = None,
    of: Annotated[
        str | None,
        Query(
            description="Or these, such as services:a.b,districts:a.c",
            max_length=4_000,
            json_schema_extra={"pattern": f"^({'|'.join(Kind)}):[^,]"},
        ),
    ] = None,
    at: Annotated[
        str | None,
        Query(description="With of: days and spans, such as 2026-03-31,2026-01-01/2026-03-31", max_length=1_000),
    ] = None,
    scorecard: Named = None,
) -> GroupsOut | BesidesOut:
    """Groups differ by chance, too: intervals say how far, and neither says why."""
    if of is not None and by is None:
        return await _beside(request, of, at, jurisdiction_id, scorecard)
    if by is None or jurisdiction_id is None or of is not None or at is not None:
        detail = "Name jurisdiction_id and by; or of, and at if you like"
        raise Problem(422, "invalid-input", "The input is not valid", detail)
    card = await chosen(request, jurisdiction_id, scorecard)
    board: Board = request.app.state.board
    standing = await board.standing(Kind.SERVICE, jurisdiction_id, as_of, card)
    if standing is None:
        raise Problem(404, "unknown-jurisdiction", "There is no such jurisdiction here", jurisdiction_id)
    assessed = {each.service_id: each for each in standing.assessments}
    async with reading(request.app.state.engine) as database:
        found = await groups(database, by, list(assessed), as_of)
        names = await names_of(database, by, list(found))
    figures = ["public_value", *card.weights]
    samples = {
        (id, figure): _sample(services, assessed, figure) for id, services in found.items() for figure in figures
    }
    statistics: Apart = request.app.state.statistics
    results = await statistics.run(compare, list(samples.values())) if samples else []
    compared = {key: _compared(sample, result) for (key, sample), result in zip(samples.items(), results, strict=True)}
    return GroupsOut(
        jurisdiction_id=jurisdiction_id,
        by=by,
        as_of=f"{as_of}",
        scorecard=card.label,
        differences=sum(each.difference is not None and each.difference.low is not None for each in compared.values()),
        items=[
            GroupOut(id=id, name=names.get(id), services=services, figures={f: compared[id, f] for f in figures})
            for id, services in found.items()
        ],
    )


def _sample(services: list[str], assessed: dict[str, Assessment], figure: str) -> Sample:
    """As figures are published: whoever has them comes to the same means."""
    scores = {id: points.score for id, each in assessed.items() if (points := each.figure(figure)) is not None}
    inside = [rounded(score) for id, score in scores.items() if id in services]
    return Sample(inside, [rounded(score) for id, score in scores.items() if id not in services])


def _compared(sample: Sample, result: Compared) -> ComparedOut:
    return ComparedOut(
        n=len(sample.inside),
        n_others=len(sample.others),
        mean=_mean(result.mean),
        others=_mean(result.others),
        difference=_mean(result.difference),
    )


def _mean(found: Estimate | beside.Difference | None) -> MeanOut | None:
    if found is None:
        return None
    value, low, high = (None if each is None else rounded(each) for each in found)
    return MeanOut(value=value or 0.0, low=low, high=high)


async def _beside(
    request: Request, of: str, at: str | None, jurisdiction_id: str | None, named: str | None
) -> BesidesOut:
    asked = [(kind, id, beside.times(at, kind)) for kind, id in beside.named(of)]
    if not 2 <= sum(len(times) for *_, times in asked) <= beside.MOST:
        detail = f"2 to {beside.MOST}: name more of, or more days in at"
        raise Problem(422, "invalid-input", "That is nothing to compare, or too much", detail)
    async with reading(request.app.state.engine) as database:
        subjects = [(await beside.find(database, kind, id, jurisdiction_id), times) for kind, id, times in asked]
    card = await chosen(request, subjects[0][0].jurisdiction_id or "", named)
    found: list[tuple[dict[str, Any], Assessment]] = []
    for subject, times in subjects:
        async with reading(request.app.state.engine) as database:
            evidence = await store.evidence_of(database, subject, Span.of(times, card.longest_half_life), today())
        assessments = await asyncio.to_thread(history, card, evidence, times)
        found += [(score_of(subject, each), each) for each in assessments]
    first = found[0][1]
    items = []
    for score, each in found:
        differences = {
            name: _mean(beside.difference(each.figure(name), first.figure(name)))
            for name in ("public_value", *card.weights)
        }
        items.append(BesideOut.model_validate(score | {"difference": {} if each is first else differences}))
    return BesidesOut(items=items)
