"""From estimates to points, dimensions and public value (docs/scores.md, section 3).

Normalisation, aggregation and the choice of means follow the OECD and JRC's "Handbook on Constructing Composite
Indicators" (2008).
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.metrics.scores.estimates import Estimate, Z

ENOUGH_COVERAGE = 0.5
"""A dimension that rests on less of its weight is too thin for public value."""


class Points(NamedTuple):
    """0 to 100 with a 90 % interval, and the standard deviation."""

    score: float
    low: float
    high: float
    sd: float


class DimensionPoints(NamedTuple):
    """A dimension's points, None without evidence; `coverage` is the share of its weight that has evidence."""

    points: Points | None
    coverage: float


def scale(value: float, floor: float, target: float) -> float:
    """A figure as points: 0 at `floor`, 100 at `target` and beyond."""
    return 100 * min(max((value - floor) / (target - floor), 0.0), 1.0)


def points(estimate: Estimate, floor: float, target: float) -> Points:
    """An estimate as points; the worse end of its interval is `low`."""
    ends = [scale(estimate.value + side * Z * estimate.sd, floor, target) for side in (-1, 1)]
    low, high = min(ends), max(ends)
    return Points(scale(estimate.value, floor, target), low, high, (high - low) / (2 * Z))


def contribution(weight: float, score: float, total_weight: float) -> float:
    """What an indicator adds to its dimension, in points; `total_weight` is that of all with evidence."""
    return weight * score / total_weight


class Part(NamedTuple):
    """An indicator's part in its dimension; an optional one without evidence is not missed."""

    weight: float
    points: Points | None
    optional: bool = False


def dimension(parts: Sequence[Part]) -> DimensionPoints:
    """The weighted mean over the parts that have evidence.

    Deviations add as those of independent figures (delta method; Oehlert, The American Statistician 1992).
    """
    held = [(part.weight, part.points) for part in parts if part.points is not None]
    total = math.fsum(weight for weight, _ in held)
    missed = math.fsum(part.weight for part in parts if part.points is None and not part.optional)
    coverage = total / (total + missed) if held else 0.0
    if not held:
        return DimensionPoints(None, coverage)
    score = math.fsum(contribution(weight, each.score, total) for weight, each in held)
    sd = math.sqrt(math.fsum((weight * each.sd / total) ** 2 for weight, each in held))
    return DimensionPoints(_interval(score, sd), coverage)


def public_value(weights: Mapping[str, float], dimensions: Mapping[str, DimensionPoints]) -> Points | None:
    """The weighted geometric mean of the dimensions; None if one of them has too little coverage.

    Geometric, so that a service cannot buy legitimacy with speed (UNDP, Human Development Report 2010, technical note
    1); deviation by the delta method.
    """
    held = [(weight, dimensions[name].points) for name, weight in weights.items()]
    if any(dimensions[name].coverage < ENOUGH_COVERAGE for name in weights):
        return None
    total = math.fsum(weights.values())
    at_least_1 = [(weight, max(each.score, 1.0), each.sd) for weight, each in held if each is not None]
    logarithm = math.fsum(weight * math.log(base) for weight, base, _ in at_least_1) / total
    score = min(math.exp(logarithm), 100.0)
    sd = score * math.sqrt(math.fsum((weight * sd / (base * total)) ** 2 for weight, base, sd in at_least_1))
    return _interval(score, sd)


def _interval(score: float, sd: float) -> Points:
    return Points(score, max(score - Z * sd, 0.0), min(score + Z * sd, 100.0), sd)
