"""An indicator by weeks that begin and end with a change, so that no week is of both sides. Pure."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from services.metrics.scores.evidence import Evidence
from services.metrics.scores.indicators import measure, prior_of
from services.metrics.scores.scorecard import (
    ContributedHours,
    CostPerCase,
    GoalAttainment,
    Mean,
    Participation,
    Quantile,
    Ratio,
    Representativeness,
    Stock,
)
from services.metrics.scores.weighing import Time

WEEK = timedelta(days=7)
NOT_BY_WEEKS = (Participation, Representativeness, ContributedHours, CostPerCase, GoalAttainment)
"""What goes by months, or rests on what the catalogue says."""
ByWeeks = Ratio | Stock | Mean | Quantile


class Observed(NamedTuple):
    """What was observed in the seven days from `first` on, from `n` observations; None without any."""

    number: int
    first: date
    value: float | None
    n: int

    @property
    def last(self) -> date:
        """The week's last day."""
        return self.first + WEEK - timedelta(days=1)


def numbers(on: date, until: date, before: int, after: int) -> range:
    """The weeks that a change on a day is looked at by, which have ended by `until`."""
    earliest = -min(before, (on.toordinal() - 1) // 7)
    ended = ((until - on).days + 1) // 7
    return range(earliest, max(min(after, ended), 0))


def times(on: date, weeks: Iterable[int]) -> list[Time]:
    """The days of some weeks."""
    return [Time(on + WEEK * (number + 1) - timedelta(days=1), on + WEEK * number) for number in weeks]


def observed(indicator: ByWeeks, evidence: Evidence, on: date, weeks: Iterable[int]) -> list[Observed]:
    """What an indicator's evidence of each week alone shows, without any prior."""
    [service] = evidence.services
    found = []
    for number, time in zip(weeks, times(on, weeks), strict=True):
        over = time.weighing
        prior = prior_of(indicator, evidence.jurisdiction, over)
        one = measure(indicator, service, evidence.jurisdiction, prior, over)
        value = None if one.estimate is None else one.estimate.observed
        found.append(Observed(number, on + WEEK * number, value, one.n))
    return found
