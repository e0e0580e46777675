"""What-if as JSON."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.metrics.publishes import interval, rounded
from services.metrics.scores.assessment import Assessment, IndicatorScore
from services.metrics.scores.days import DAY_TEXT
from services.metrics.scores.points import DimensionPoints, Points
from services.metrics.scores.schemas import DimensionOut, Interval
from services.metrics.what_if.changes import Changes
from services.metrics.what_if.comparison import (
    Change,
    DimensionPair,
    IndicatorPair,
    Move,
    dimensions,
    indicators,
)
from shared.text import EntityId, Line

MOST = 200
ByIndicator = Annotated[dict[str, Any], Field(max_length=MOST, description="By the ids of indicators")]


class SubjectIn(BaseModel):
    """Whose score it is about: what `/v1/{services, districts, ...}/{id}/score` is of, with the same parameters."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["service", "district", "focal-area", "organisation", "jurisdiction", "region"] = "service"
    id: Line
    jurisdiction_id: EntityId | None = Field(default=None, description="Of a focal area, whose services serve it")
    service_id: EntityId | None = Field(default=None, description="Of a district, to tell of one service alone")
    below: bool = Field(default=False, description="Of an organisation, with those below it")


class WhatIfIn(BaseModel):
    """What would be different. Nothing is saved."""

    model_config = ConfigDict(extra="forbid")

    subject: SubjectIn
    as_of: str | None = Field(
        default=None, max_length=100, description="A UTC day; default today", json_schema_extra=DAY_TEXT
    )
    scorecard: str | None = Field(default=None, max_length=100, description="Default is the active one")
    by: Literal["public_value", "effectiveness", "efficiency", "legitimacy"] = Field(
        default="public_value", description="By what services are ranked"
    )
    dimensions: dict[str, Any] = Field(
        default={}, max_length=MOST, description="Weights in public value; null takes a dimension out"
    )
    weights: ByIndicator = {}
    targets: ByIndicator = {}
    floors: ByIndicator = {}
    half_lives: ByIndicator = {}
    prior_strengths: ByIndicator = {}
    add: list[Any] = Field(default=[], max_length=MOST, description="Indicators as a scorecard defines them")
    remove: list[str] = Field(default=[], max_length=MOST, description="Ids of indicators")

    @property
    def changes(self) -> Changes:
        """What is changed of the scorecard."""
        return Changes(
            self.dimensions,
            self.weights,
            self.targets,
            self.floors,
            self.half_lives,
            self.prior_strengths,
            self.add,
            self.remove,
        )


class FigureDifference(BaseModel):
    """A figure before and after; `difference` is null where one of them is."""

    before: Interval
    after: Interval
    difference: float | None


class DimensionDifference(BaseModel):
    """A dimension before and after; null where the scorecard does not have it."""

    before: DimensionOut | None
    after: DimensionOut | None
    difference: float | None


class Side(Interval):
    """An indicator by one of the two scorecards."""

    value: float | None
    weight: float
    floor: float
    target: float
    contribution: float = Field(description="Points of the dimension")


class IndicatorDifference(BaseModel):
    """An indicator before and after. Differences add up to that of the dimension."""

    id: str
    name: str
    dimension: str
    change: Change
    before: Side | None
    after: Side | None
    difference: float = Field(description="Of the contributions, in points of the dimension")


class MoveOut(BaseModel):
    """A service whose rank changes, or the subject."""

    service_id: str
    name: str | None
    before: int | None
    after: int | None
    up: int = Field(description="How many places it moves up; below 0, down")


class WhatIfOut(BaseModel):
    """A score before and after. Nothing was saved."""

    subject: SubjectIn
    jurisdiction_id: str | None = Field(description="Null for a region, which has several")
    as_of: date
    scorecard: str = Field(description="What was changed")
    public_value: FigureDifference
    dimensions: dict[str, DimensionDifference]
    indicators: list[IndicatorDifference]
    by: str
    ranks: list[MoveOut] = Field(description="Services whose rank changes and the subject, the furthest moves first")


def told(
    said: WhatIfIn, jurisdiction_id: str | None, before: Assessment, after: Assessment, ranks: list[MoveOut]
) -> WhatIfOut:
    """Two assessments beside each other."""
    return WhatIfOut(
        subject=said.subject,
        jurisdiction_id=jurisdiction_id,
        as_of=before.as_of,
        scorecard=before.scorecard.label,
        public_value=_figure(before.public_value, after.public_value),
        dimensions={name: _dimension(pair) for name, pair in dimensions(before, after).items()},
        indicators=[_indicator(pair) for pair in indicators(before, after)],
        by=said.by,
        ranks=ranks,
    )


def move(each: Move, name: str | None) -> MoveOut:
    """A move in the ranking."""
    return MoveOut(service_id=each.service_id, name=name, before=each.before, after=each.after, up=each.places)


def _interval(points: Points | None) -> dict[str, float | None]:
    return dict(zip(("score", "low", "high"), interval(points), strict=True))


def _figure(before: Points | None, after: Points | None) -> FigureDifference:
    return FigureDifference(
        before=Interval(**_interval(before)), after=Interval(**_interval(after)), difference=_difference(before, after)
    )


def _difference(before: Points | None, after: Points | None) -> float | None:
    return None if before is None or after is None else rounded(after.score - before.score)


def _dimension(pair: DimensionPair) -> DimensionDifference:
    points = [each.points if each else None for each in pair]
    return DimensionDifference(before=_out(pair.before), after=_out(pair.after), difference=_difference(*points))


def _out(found: DimensionPoints | None) -> DimensionOut | None:
    return None if found is None else DimensionOut(**_interval(found.points), coverage=rounded(found.coverage))


def _indicator(pair: IndicatorPair) -> IndicatorDifference:
    definition = pair.either.indicator
    return IndicatorDifference(
        id=definition.id,
        name=definition.name,
        dimension=definition.dimension,
        change=pair.change,
        before=_side(pair.before),
        after=_side(pair.after),
        difference=rounded(pair.difference),
    )


def _side(one: IndicatorScore | None) -> Side | None:
    if one is None:
        return None
    estimate = one.measured.estimate
    return Side(
        **_interval(one.points),
        value=None if estimate is None else rounded(estimate.value),
        weight=one.indicator.weight,
        floor=one.indicator.floor,
        target=one.indicator.target,
        contribution=rounded(one.contribution),
    )
