"""The change of a score as JSON."""

from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from services.metrics.changes.split import Part, Split
from services.metrics.publishes import rounded
from services.metrics.scores.assessment import IndicatorScore
from services.metrics.scores.points import Points


class DifferenceOut(BaseModel):
    """Points on both days and their difference; null where there are none."""

    before: float | None
    after: float | None
    difference: float | None


class PublicValueDifferenceOut(DifferenceOut):
    """Public value, and what its dimensions' floor moved."""

    at_least_one: dict[str, float] = Field(description="Moved because a dimension below 1 point counts as 1 in it")


class IndicatorOnDayOut(BaseModel):
    """An indicator on one of the two days."""

    value: float | None
    n: int
    score: float | None
    contribution: float


class IndicatorChangeOut(BaseModel):
    """What an indicator moved, in points."""

    id: str
    name: str
    dimension: str
    before: IndicatorOnDayOut
    after: IndicatorOnDayOut
    moved: float = Field(description="Points of its dimension; all of a dimension's add up to its difference")
    by_points: float = Field(description="Of these, because its own points changed")
    by_weight: float = Field(
        description="Of these, because evidence came or went, so that weights are shared otherwise"
    )
    of_public_value: float | None = Field(
        description="Points of public value; with at_least_one they add up to its difference"
    )


class ChangeOut(BaseModel):
    """Why a score is another than on an earlier day."""

    kind: str | None = None
    id: str | None = None
    name: str | None = None
    service_id: str | None = None
    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    scorecard: str
    dimensions: dict[str, DifferenceOut]
    public_value: PublicValueDifferenceOut
    indicators: list[IndicatorChangeOut]


def change(found: Split, about: dict[str, Any]) -> ChangeOut:
    """A split, with what it is about."""
    before, after = found.before, found.after
    whole = _difference(before.public_value, after.public_value)
    return ChangeOut(
        **about,
        first=before.as_of,
        last=after.as_of,
        scorecard=after.scorecard.label,
        dimensions={
            name: DifferenceOut(**_difference(before.figure(name), after.figure(name))) for name in after.dimensions
        },
        public_value=PublicValueDifferenceOut(**whole, at_least_one=dict(found.at_least_one)),
        indicators=[_indicator(each) for each in found.parts],
    )


def _difference(before: Points | None, after: Points | None) -> dict[str, float | None]:
    earlier, later = (None if each is None else rounded(each.score) for each in (before, after))
    known = earlier is not None and later is not None
    return {"before": earlier, "after": later, "difference": rounded(later - earlier) if known else None}  # type: ignore[operator]


def _indicator(part: Part) -> IndicatorChangeOut:
    definition = part.after.indicator
    return IndicatorChangeOut(
        id=definition.id,
        name=definition.name,
        dimension=definition.dimension,
        before=_on_day(part.before),
        after=_on_day(part.after),
        moved=part.moved,
        by_points=part.by_points,
        by_weight=part.by_weight,
        of_public_value=part.of_public_value,
    )


def _on_day(one: IndicatorScore) -> IndicatorOnDayOut:
    estimate = one.measured.estimate
    return IndicatorOnDayOut(
        value=None if estimate is None else rounded(estimate.value),
        n=one.measured.n,
        score=None if one.points is None else rounded(one.points.score),
        contribution=rounded(one.contribution),
    )
