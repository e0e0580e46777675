"""How observations of different days count: fading with age, or whole within a window (docs/scores.md, section 2).

Whole numbers are kept and weights applied when computing, so that a score of any past day can be recomputed exactly.
Days are ordinals (`date.toordinal`), months as `month_of` counts them.
"""

from datetime import date
from functools import cache
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Weights = NDArray[np.float64]

HALF_LIVES = 6
"""Older observations, with less than 1/64 of their weight, count no longer."""

MONTHS = 12
"""What goes by months, such as how many people took part, looks back over a year."""


def month_of(day: date) -> int:
    """Months are counted as `year * 12 + month - 1`."""
    return day.year * 12 + day.month - 1


def first_day(month: int) -> int:
    """The first day of a month, as an ordinal."""
    return date(month // 12, month % 12 + 1, 1).toordinal()


@cache
def fading(half_life: int) -> Weights:
    """The weight of an observation by its age in days: 2^(-age / half-life) up to six half-lives, then 0."""
    return np.array([*(2.0 ** (-age / half_life) for age in range(HALF_LIVES * half_life + 1)), 0.0])


class Weighing(Protocol):
    """What every way of weighing tells. `last` is the last day that counts."""

    @property
    def last(self) -> int: ...

    @property
    def first(self) -> int:
        """The first day whose observations are among the n."""
        ...

    @property
    def months(self) -> range:
        """The calendar months of what goes by months."""
        ...

    def reach(self, half_life: int) -> int:
        """The first day that has a weight."""
        ...

    def weights(self, days: Integers, half_life: int) -> Weights:
        """What each day counts; 0 if it counts no longer, or not yet."""
        ...


class Standing(NamedTuple):
    """What is so at the end of a day: older observations count less and less."""

    last: int

    @property
    def first(self) -> int:
        return 1

    @property
    def months(self) -> range:
        """The twelve that end with the day's."""
        month = month_of(date.fromordinal(self.last))
        return range(max(month - MONTHS + 1, 12), month + 1)

    def reach(self, half_life: int) -> int:
        return max(self.last - HALF_LIVES * half_life, 1)

    def weights(self, days: Integers, half_life: int) -> Weights:
        by_age = fading(half_life)
        ages = self.last - days
        too_old = by_age.size - 1
        return by_age[np.where((ages < 0) | (ages > too_old), too_old, ages)]


class Window(NamedTuple):
    """What happened from one day to another: each observation counts whole."""

    first: int
    last: int

    @property
    def months(self) -> range:
        """All that it touches."""
        return range(month_of(date.fromordinal(self.first)), month_of(date.fromordinal(self.last)) + 1)

    def reach(self, half_life: int) -> int:
        del half_life
        return self.first

    def weights(self, days: Integers, half_life: int) -> Weights:
        del half_life
        return ((days >= self.first) & (days <= self.last)).astype(np.float64)


class Time(NamedTuple):
    """What a score is of: the standing at the end of a day, or what happened from `since` to it."""

    as_of: date
    since: date | None = None

    @property
    def weighing(self) -> Weighing:
        """How observations count."""
        last = self.as_of.toordinal()
        return Standing(last) if self.since is None else Window(self.since.toordinal(), last)
