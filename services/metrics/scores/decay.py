"""Observations by day, and how they fade with age (docs/scores.md, section 2).

Whole numbers are kept and weights applied when computing, so that a score of any past day can be recomputed exactly.
Days are ordinals (`date.toordinal`).
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain

HALF_LIVES = 6
"""Older observations, with less than 1/64 of their weight, count no longer."""


@cache
def weights(half_life: int) -> tuple[float, ...]:
    """The weight of an observation by its age in days: 2^(-age / half-life) up to six half-lives."""
    return tuple(2.0 ** (-age / half_life) for age in range(HALF_LIVES * half_life + 1))


@dataclass(frozen=True, slots=True)
class Series:
    """One bin of one measure: days in any order with their counts and totals, and the count of all days before."""

    days: Sequence[int] = ()
    counts: Sequence[int] = ()
    totals: Sequence[int] = ()
    earlier: int = 0

    def count(self, day: int) -> int:
        """Σ count of all time up to `day`."""
        return self.earlier + sum(count for then, count in zip(self.days, self.counts, strict=True) if then <= day)

    def faded(self, numbers: Sequence[int], day: int, half_life: int) -> list[float]:
        """w times each of `numbers`, which are the counts or the totals, in the window that ends with `day`."""
        weight = weights(half_life)
        start = day - len(weight) + 1
        return [weight[day - then] * n for then, n in zip(self.days, numbers, strict=True) if start <= then <= day]


@dataclass(frozen=True, slots=True)
class Buckets:
    """All series of a service, or of a jurisdiction: by measure, then by bin."""

    series: Mapping[str, Mapping[int, Series]] = field(default_factory=dict)

    def count(self, measure: str, day: int, bins: Collection[int] | None = None) -> int:
        """Σ count of all time up to `day`, of some bins or of all."""
        return sum(each.count(day) for each in self._of(measure, bins))

    def within(self, measure: str, first: int, last: int) -> tuple[int, int]:
        """Σ count and Σ total of the days from `first` to `last`, which are read one by one."""
        count = total = 0
        for each in self._of(measure, None):
            for day, c, t in zip(each.days, each.counts, each.totals, strict=True):
                if first <= day <= last:
                    count, total = count + c, total + t
        return count, total

    def weighted_count(self, measure: str, day: int, half_life: int, bins: Collection[int] | None = None) -> float:
        """Σ w·count at `day`, of some bins or of all."""
        faded = (each.faded(each.counts, day, half_life) for each in self._of(measure, bins))
        return math.fsum(chain.from_iterable(faded))

    def weighted_total(self, measure: str, day: int, half_life: int, bins: Collection[int] | None = None) -> float:
        """Σ w·total at `day`, of some bins or of all."""
        faded = (each.faded(each.totals, day, half_life) for each in self._of(measure, bins))
        return math.fsum(chain.from_iterable(faded))

    def weighted_bins(self, measure: str, day: int, half_life: int) -> tuple[float, list[tuple[int, float]]]:
        """Σ w·count at `day`, and of each bin, ascending."""
        of_measure = sorted(self.series.get(measure, {}).items())
        faded = [(number, each.faded(each.counts, day, half_life)) for number, each in of_measure]
        total = math.fsum(chain.from_iterable(each for _, each in faded))
        return total, [(number, math.fsum(each)) for number, each in faded]

    def _of(self, measure: str, bins: Collection[int] | None) -> Iterable[Series]:
        of_measure = self.series.get(measure, {})
        return (of_measure[number] for number in sorted(of_measure) if bins is None or number in bins)
