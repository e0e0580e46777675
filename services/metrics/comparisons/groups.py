"""Means of groups of services, and how they differ from the others' (docs/scores.md, section 15); imports scipy when
it runs.
"""

import math
from collections.abc import Sequence
from statistics import fmean, variance
from typing import NamedTuple

CONFIDENCE = 0.9


class Sample(NamedTuple):
    """A figure of the services of a group, and of all others."""

    inside: Sequence[float]
    others: Sequence[float]


class Estimate(NamedTuple):
    """A mean or a difference of means; without a spread to judge by, no interval."""

    value: float
    low: float | None = None
    high: float | None = None


class Compared(NamedTuple):
    """The mean of a group, that of the others, and the difference; None where a side has no service."""

    mean: Estimate | None
    others: Estimate | None
    difference: Estimate | None


def compare(samples: Sequence[Sample]) -> list[Compared]:
    """Student, "The Probable Error of a Mean", Biometrika 1908; Welch, "The Generalization of 'Student's' Problem when
    Several Different Population Variances Are Involved", Biometrika 1947.
    """
    return [Compared(_mean(each.inside), _mean(each.others), _difference(each)) for each in samples]


def _mean(values: Sequence[float]) -> Estimate | None:
    if not values:
        return None
    if len(values) == 1:
        return Estimate(values[0])
    found = _estimate(fmean(values), variance(values) / len(values), len(values) - 1)
    return found._replace(low=max(found.low or 0.0, 0.0), high=min(found.high or 0.0, 100.0))


def _difference(sample: Sample) -> Estimate | None:
    inside, others = sample
    if not inside or not others:
        return None
    value = fmean(inside) - fmean(others)
    if min(len(inside), len(others)) == 1:
        return Estimate(value)
    parts = [(variance(each) / len(each), len(each) - 1) for each in sample]
    whole = math.fsum(part for part, _ in parts)
    freedom = whole**2 / math.fsum(part**2 / n for part, n in parts) if whole > 0 else 1.0
    return _estimate(value, whole, freedom)


def _estimate(value: float, square: float, freedom: float) -> Estimate:
    from scipy.stats import t

    reach = float(t.ppf((1 + CONFIDENCE) / 2, freedom)) * math.sqrt(square)
    return Estimate(value, value - reach, value + reach)
