"""A service's assessment: every indicator, the dimensions, public value, and so the explanation of each figure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from services.metrics.scores.evidence import Evidence, JurisdictionEvidence, ServiceEvidence
from services.metrics.scores.indicators import Measured, Prior, measure, prior_of
from services.metrics.scores.points import (
    DimensionPoints,
    Part,
    Points,
    contribution,
    dimension,
    points,
    public_value,
)
from services.metrics.scores.scorecard import AnyIndicator, Scorecard
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
    over = time.weighing
    found = [_score(each, measure(each, service, jurisdiction, priors[each.id], over)) for each in card.indicators]
    dimensions = {name: _dimension(name, found) for name in card.weights}
    return Assessment(
        service.service_id,
        service.jurisdiction_id,
        time.as_of,
        time.since,
        card,
        [_with_contribution(one, found) for one in found],
        dimensions,
        public_value(card.weights, dimensions),
        service.buckets.count("events", over),
    )


def _score(indicator: AnyIndicator, measured: Measured) -> IndicatorScore:
    if measured.estimate is None:
        return IndicatorScore(indicator, measured, None)
    return IndicatorScore(indicator, measured, points(measured.estimate, indicator.floor, indicator.target))


def _dimension(name: str, found: Iterable[IndicatorScore]) -> DimensionPoints:
    of_it = [one for one in found if one.indicator.dimension == name]
    return dimension([Part(one.indicator.weight, one.points, one.indicator.optional) for one in of_it])


def _with_contribution(one: IndicatorScore, found: Iterable[IndicatorScore]) -> IndicatorScore:
    if one.points is None:
        return one
    same = (each for each in found if each.indicator.dimension == one.indicator.dimension)
    total = math.fsum(each.indicator.weight for each in same if each.points is not None)
    return one._replace(contribution=contribution(one.indicator.weight, one.points.score, total))
