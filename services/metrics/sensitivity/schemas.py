"""Sensitivity as JSON."""

from collections.abc import Mapping, Sequence
from datetime import date

from pydantic import BaseModel, Field

from services.metrics.publishes import rounded
from services.metrics.sensitivity.analysis import DRAWS, SLICES, Case, Sensitivity, Spread
from services.metrics.sensitivity.remembered import Question


class ServiceRanks(BaseModel):
    """Where a service stands by the scorecard, and by others; all null for one without the figure."""

    service_id: str
    name: str | None
    rank: int | None
    median: int | None = Field(description="Of its ranks when weights move")
    low: int | None = Field(description="From low to high lie 90 % of them")
    high: int | None
    best: int | None = Field(description="From best to worst lie all of them")
    worst: int | None
    top_share: float | None = Field(description="In what share of draws it is among the first `top`")
    aggregations: dict[str, int | None] = Field(description="Its rank by another kind of mean")
    without: dict[str, int | None] = Field(
        description="Its rank without an indicator; null where it has no figure then"
    )


class CaseOut(BaseModel):
    """Another choice, and by how many places it moves a service on average."""

    id: str
    average_shift: float | None


class ImportanceOut(BaseModel):
    """The part of all movement of ranks that one weight explains alone; null where no rank moves."""

    kind: str
    id: str
    share: float | None


class WeightsOut(BaseModel):
    """How weights were moved, and what came of it."""

    spread: Spread
    draws: int
    slices: int
    average_shift: float | None = Field(description="By how many places a service moves in a draw, on average")
    importance: list[ImportanceOut]


class SensitivityOut(BaseModel):
    """What the order of a jurisdiction's services hangs on."""

    jurisdiction_id: str
    by: str
    as_of: date
    scorecard: str
    top: int
    weights: WeightsOut
    aggregations: list[CaseOut]
    without: list[CaseOut]
    items: Sequence[ServiceRanks]
    next: None = None


def told(
    found: Sensitivity,
    names: Mapping[str, str | None],
    question: Question,
    jurisdiction_id: str,
    as_of: date,
    scorecard: str,
) -> SensitivityOut:
    """An analysis, its services in the order of their ranks."""
    importance = [ImportanceOut(kind=each.kind, id=each.id, share=_figure(each.share)) for each in found.importance]
    return SensitivityOut(
        jurisdiction_id=jurisdiction_id,
        by=question.by,
        as_of=as_of,
        scorecard=scorecard,
        top=question.top,
        weights=WeightsOut(
            spread=question.spread,
            draws=DRAWS,
            slices=SLICES,
            average_shift=_figure(found.average_shift),
            importance=importance,
        ),
        aggregations=[_case(each) for each in found.aggregations],
        without=[_case(each) for each in found.without],
        items=_items(found, names),
    )


def _items(found: Sensitivity, names: Mapping[str, str | None]) -> list[ServiceRanks]:
    places = sorted(range(len(found.services)), key=lambda place: (found.ranks[place], found.services[place]))
    ranked = [_service(found, place, names.get(found.services[place])) for place in places]
    silent = sorted(set(names) - set(found.services))
    return ranked + [_without_figure(service_id, names[service_id]) for service_id in silent]


def _service(found: Sensitivity, place: int, name: str | None) -> ServiceRanks:
    spans = found.spans[place]
    return ServiceRanks(
        service_id=found.services[place],
        name=name,
        rank=found.ranks[place],
        **spans._asdict() | {"top_share": rounded(spans.top_share)},
        aggregations={case.name: case.ranks[place] for case in found.aggregations},
        without={case.name: case.ranks[place] for case in found.without},
    )


def _without_figure(service_id: str, name: str | None) -> ServiceRanks:
    nothing = dict.fromkeys(("rank", "median", "low", "high", "best", "worst", "top_share"))
    return ServiceRanks(service_id=service_id, name=name, **nothing, aggregations={}, without={})


def _case(case: Case) -> CaseOut:
    return CaseOut(id=case.name, average_shift=_figure(case.average_shift))


def _figure(figure: float | None) -> float | None:
    return None if figure is None else rounded(figure)
