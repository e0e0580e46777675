"""Figures relative to their targets (docs/scores.md, section 7).

After CityScore, as Boston has published it since 2016: value / target, its inverse where less is better, 1.0 on target;
and the mean of all (CityOfBoston/CityScoreToolkit, `models.py`; boston.gov/cityscore).
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.metrics.scores.assessment import Assessment, IndicatorScore
from services.metrics.scores.days import Period
from services.metrics.scores.scorecard import AnyIndicator, ContributedHours, Participation
from services.metrics.scores.weighing import MONTHS

CAP = 2.0
"""Twice as good as wanted: what is beyond says nothing more, and a figure near 0 would drown all others."""

YEARLY = (Participation, ContributedHours)
"""What has a target for a year, and a twelfth of it for a month."""


class Relative(NamedTuple):
    """One figure of one period: 1.0 on target. `score` is None where there is no figure, or no target above 0."""

    score: float | None
    value: float | None
    target: float
    n: int


class Row(NamedTuple):
    """An indicator in each period."""

    indicator: AnyIndicator
    periods: Mapping[Period, Relative]


class CityScore(NamedTuple):
    """All indicators, and the mean of those that have a score, in each period (None where none has)."""

    rows: Sequence[Row]
    means: Mapping[Period, float | None]


def view(assessments: Mapping[Period, Assessment]) -> CityScore:
    """One city's assessments over the periods that end with a day, by one scorecard."""
    found = {period: [_relative(each) for each in one.indicators] for period, one in assessments.items()}
    indicators = [each.indicator for each in next(iter(assessments.values())).indicators]
    rows = [
        Row(indicator, {period: of_period[n] for period, of_period in found.items()})
        for n, indicator in enumerate(indicators)
    ]
    return CityScore(rows, {period: _mean(of_period) for period, of_period in found.items()})


def _relative(one: IndicatorScore) -> Relative:
    indicator, measured = one.indicator, one.measured
    months = measured.months or MONTHS
    target = indicator.target * months / MONTHS if isinstance(indicator, YEARLY) else indicator.target
    value = None if measured.estimate is None else measured.estimate.observed
    less_is_better = indicator.floor > indicator.target
    return Relative(relative(value, target, less_is_better=less_is_better), value, target, measured.n)


def relative(value: float | None, target: float, *, less_is_better: bool) -> float | None:
    """A value over its target, or the target over it; 0 to CAP. Without a value, or a target above 0, there is none."""
    if value is None or target <= 0:
        return None
    if less_is_better:
        return CAP if value * CAP <= target else target / value
    return min(max(value / target, 0.0), CAP)


def _mean(figures: Sequence[Relative]) -> float | None:
    scores = [each.score for each in figures if each.score is not None]
    return math.fsum(scores) / len(scores) if scores else None
