"""A service's assessment: every indicator, the dimensions, public value, and so the explanation of each figure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from services.metrics.objectives.domain import Absent, Actual, Objective
from services.metrics.scores.evidence import Evidence, JurisdictionEvidence, ServiceEvidence
from services.metrics.scores.indicators import Measured, Prior, measure, measure_goals, prior_of
from services.metrics.scores.points import (
    DimensionPoints,
    Part,
    Points,
    contribution,
    dimension,
    points,
    public_value,
)
from services.metrics.scores.scorecard import AnyIndicator, GoalAttainment, Scorecard
from services.metrics.scores.weighing import Time, Weighing


class IndicatorScore(NamedTuple):
    """An indicator with its points, and what it contributes to its dimension, in points (0 without evidence)."""

    indicator: AnyIndicator
    measured: Measured
    points: Points | None
    contribution: float = 0.0


class Assessment(NamedTuple):
    """A service at the end of a UTC day, or from `since` to it, by one scorecard. `events` counts its events."""

    service_id: str
    jurisdiction_id: str
    as_of: date
    since: date | None
    scorecard: Scorecard
    indicators: Sequence[IndicatorScore]
    dimensions: Mapping[str, DimensionPoints]
    public_value: Points | None
    events: int

    def figure(self, name: str) -> Points | None:
        """The points of `public_value`, or of a dimension by its name."""
        return self.public_value if name == "public_value" else self.dimensions[name].points


def assess_all(card: Scorecard, evidence: Evidence, as_of: date, since: date | None = None) -> list[Assessment]:
    """Assesses services of one jurisdiction, in the order of the evidence."""
    time = Time(as_of, since)
    priors = _priors(card, evidence.jurisdiction, time.weighing)
    return [_assess(card, service, evidence.jurisdiction, priors, time) for service in evidence.services]


def history(card: Scorecard, evidence: Evidence, times: Iterable[Time]) -> list[Assessment]:
    """Assesses one service at each of several times, all within the evidence."""
    return [assessment for time in times for assessment in assess_all(card, evidence, *time)]


def _priors(card: Scorecard, jurisdiction: JurisdictionEvidence, over: Weighing) -> dict[str, Prior]:
    return {each.id: prior_of(each, jurisdiction, over) for each in card.indicators}


def _assess(
    card: Scorecard,
    service: ServiceEvidence,
    jurisdiction: JurisdictionEvidence,
    priors: Mapping[str, Prior],
    time: Time,
) -> Assessment:
    found = _scores(card, service, jurisdiction, priors, time.weighing)
    dimensions = {name: _dimension(name, found) for name in card.weights}
    return Assessment(
        service.service_id,
        service.jurisdiction_id,
        time.as_of,
        time.since,
        card,
        _with_contributions(found),
        dimensions,
        public_value(card.weights, dimensions),
        service.buckets.count("events", time.weighing),
    )


def _scores(
    card: Scorecard,
    service: ServiceEvidence,
    jurisdiction: JurisdictionEvidence,
    priors: Mapping[str, Prior],
    over: Weighing,
) -> list[IndicatorScore]:
    """Every indicator, in the scorecard's order; how far objectives are attained, by the others."""
    others = {
        each.id: _score(each, measure(each, service, jurisdiction, priors[each.id], over))
        for each in card.indicators
        if not isinstance(each, GoalAttainment)
    }
    goals = measure_goals(service, Known(card, others, over.last).say, over.last)
    return [others.get(each.id) or _score(each, goals) for each in card.indicators]


class Known(NamedTuple):
    """What a scorecard's indicators show on a day, goal attainment aside: objectives are measured by them."""

    card: Scorecard
    indicators: Mapping[str, IndicatorScore]
    day: int

    def say(self, objective: Objective) -> Actual | Absent:
        """What an objective's indicator is: its value, or its points if they are the objective's unit."""
        if objective.code in self.card.weights or objective.code == "public_value":
            return self._points(self._composite(objective.code))
        if objective.code not in self.indicators:
            return Absent(f"it is measured by {objective.code!r}, which no other indicator of {self.card.label} is")
        found = self.indicators[objective.code]
        if objective.in_points:
            return self._points(found.points)
        estimate = found.measured.estimate
        return self._nothing if estimate is None else Actual(estimate.value, estimate.sd, self.day)

    def _composite(self, name: str) -> Points | None:
        dimensions = {each: _dimension(each, self.indicators.values()) for each in self.card.weights}
        return public_value(self.card.weights, dimensions) if name == "public_value" else dimensions[name].points

    def _points(self, found: Points | None) -> Actual | Absent:
        return self._nothing if found is None else Actual(found.score, found.sd, self.day)

    @property
    def _nothing(self) -> Absent:
        return Absent("its indicator has no evidence")


def known_by(assessment: Assessment) -> Known:
    """What an assessment shows, for objectives that are measured by it."""
    others = {each.indicator.id: each for each in assessment.indicators}
    others = {id: each for id, each in others.items() if not isinstance(each.indicator, GoalAttainment)}
    return Known(assessment.scorecard, others, assessment.as_of.toordinal())


def _score(indicator: AnyIndicator, measured: Measured) -> IndicatorScore:
    if measured.estimate is None:
        return IndicatorScore(indicator, measured, None)
    return IndicatorScore(indicator, measured, points(measured.estimate, indicator.floor, indicator.target))


def _dimension(name: str, found: Iterable[IndicatorScore]) -> DimensionPoints:
    of_it = [one for one in found if one.indicator.dimension == name]
    return dimension([Part(one.indicator.weight, one.points, one.indicator.optional) for one in of_it])


def _with_contributions(found: Sequence[IndicatorScore]) -> list[IndicatorScore]:
    weights: dict[str, list[float]] = {}
    for one in found:
        if one.points is not None:
            weights.setdefault(one.indicator.dimension, []).append(one.indicator.weight)
    totals = {name: math.fsum(each) for name, each in weights.items()}
    return [_with_contribution(one, totals) if one.points is not None else one for one in found]


def _with_contribution(one: IndicatorScore, totals: Mapping[str, float]) -> IndicatorScore:
    indicator, measured, points, _ = one
    score = 0.0 if points is None else points.score
    return IndicatorScore(
        indicator, measured, points, contribution(indicator.weight, score, totals[indicator.dimension])
    )
