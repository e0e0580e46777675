"""Observations by day, and how they fade with age (docs/scores.md, section 2).

Whole numbers are kept and weights applied when computing, so that a score of any past day can be recomputed exactly.
Days are ordinals (`date.toordinal`).
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from operator import mul

HALF_LIVES = 6
"""Older observations, with less than 1/64 of their weight, count no longer."""


@cache
def weights(half_life: int) -> tuple[float, ...]:
    """The weight of an observation by its age in days: 2^(-age / half-life) up to six half-lives."""
    return tuple(2.0 ** (-age / half_life) for age in range(HALF_LIVES * half_life + 1))


@dataclass(frozen=True, slots=True)
class Series:
    """One bin of one measure: count and total of each day, ascending, and the count of all days before those."""

    days: Sequence[int] = ()
    counts: Sequence[int] = ()
    totals: Sequence[int] = ()
    earlier_count: int = 0

    def count(self, day: int) -> int:
        """Σ count of all time up to the end of `day`."""
        return self.earlier_count + sum(self.counts[: bisect_right(self.days, day)])

    def fading(self, values: Sequence[int], day: int, half_life: int) -> Iterator[float]:
        """w · value of each day in the window that ends with `day`; `values` are this series' counts or totals."""
        weight = weights(half_life)
        start, end = bisect_left(self.days, day - len(weight) + 1), bisect_right(self.days, day)
        return map(mul, [weight[day - then] for then in self.days[start:end]], values[start:end])


@dataclass(frozen=True, slots=True)
class Buckets:
    """All series of a service, or of a jurisdiction: by measure, then by bin."""

    series: Mapping[str, Mapping[int, Series]] = field(default_factory=dict)

    def count(self, measure: str, day: int, bins: Collection[int] | None = None) -> int:
        """Σ count of all time up to `day`, of some bins or of all."""
        return sum(series.count(day) for series in self._of(measure, bins))

    def weighted_count(self, measure: str, day: int, half_life: int, bins: Collection[int] | None = None) -> float:
        """Σ w·count at `day`."""
        found = (s.fading(s.counts, day, half_life) for s in self._of(measure, bins))
        return math.fsum(chain.from_iterable(found))

    def weighted_total(self, measure: str, day: int, half_life: int) -> float:
        """Σ w·total at `day`."""
        found = (s.fading(s.totals, day, half_life) for s in self._of(measure, None))
        return math.fsum(chain.from_iterable(found))

    def weighted_bins(self, measure: str, day: int, half_life: int) -> list[tuple[int, float]]:
        """Each bin with its Σ w·count at `day`, ascending."""
        series = self.series.get(measure, {})
        return [(b, math.fsum(series[b].fading(series[b].counts, day, half_life))) for b in sorted(series)]

    def _of(self, measure: str, bins: Collection[int] | None) -> Iterable[Series]:
        series = self.series.get(measure, {})
        return (series[b] for b in sorted(series) if bins is None or b in bins)
