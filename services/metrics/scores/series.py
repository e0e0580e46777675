"""Observations by day, measure and bin, added up as a weighing says (docs/scores.md, section 2)."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from services.metrics.scores.weighing import Weighing


@dataclass(frozen=True, slots=True)
class Series:
    """One bin of one measure: days in any order with their counts and totals, and the count of all days before."""

    days: Sequence[int] = ()
    counts: Sequence[int] = ()
    totals: Sequence[int] = ()
    earlier: int = 0

    def held(self, last: int) -> int:
        """Σ count of all time up to a day."""
        return self.earlier + sum(count for day, count in zip(self.days, self.counts, strict=True) if day <= last)


@dataclass(frozen=True, slots=True)
class Buckets:
    """All series of a service, or of a jurisdiction: by measure, then by bin.

    Days before a weighing's first must be among those that are read one by one, unless they are of all time.
    """

    series: Mapping[str, Mapping[int, Series]] = field(default_factory=dict)

    def count(self, measure: str, over: Weighing, bins: Collection[int] | None = None) -> int:
        """Σ count of the days that count, of some bins or of all: of all time at a standing."""
        if over.first <= 1:
            return self.held(measure, over.last, bins)
        return self._within(measure, over.first, over.last, bins)[0]

    def held(self, measure: str, last: int, bins: Collection[int] | None = None) -> int:
        """Σ count of all time up to a day: what stocks are made of."""
        return sum(each.held(last) for each in self._of(measure, bins))

    def within(self, measure: str, first: int, last: int) -> tuple[int, int]:
        """Σ count and Σ total of the days from `first` to `last`, which are read one by one."""
        return self._within(measure, first, last, None)

    def _within(self, measure: str, first: int, last: int, bins: Collection[int] | None) -> tuple[int, int]:
        count = total = 0
        for each in self._of(measure, bins):
            for n, (day, c) in enumerate(zip(each.days, each.counts, strict=True)):
                if first <= day <= last:
                    count, total = count + c, total + (each.totals[n] if each.totals else 0)
        return count, total

    def weighted_count(
        self, measure: str, over: Weighing, half_life: int, bins: Collection[int] | None = None
    ) -> float:
        """Σ w·count, of some bins or of all."""
        weighed = (over.weighed(each.days, each.counts, half_life) for each in self._of(measure, bins))
        return math.fsum(chain.from_iterable(weighed))

    def weighted_total(
        self, measure: str, over: Weighing, half_life: int, bins: Collection[int] | None = None
    ) -> float:
        """Σ w·total, of some bins or of all."""
        weighed = (over.weighed(each.days, each.totals, half_life) for each in self._of(measure, bins))
        return math.fsum(chain.from_iterable(weighed))

    def weighted_bins(self, measure: str, over: Weighing, half_life: int) -> tuple[float, list[tuple[int, float]]]:
        """Σ w·count, and that of each bin, ascending."""
        of_measure = sorted(self.series.get(measure, {}).items())
        weighed = [(number, over.weighed(each.days, each.counts, half_life)) for number, each in of_measure]
        total = math.fsum(chain.from_iterable(each for _, each in weighed))
        return total, [(number, math.fsum(each)) for number, each in weighed]

    def _of(self, measure: str, bins: Collection[int] | None) -> Iterable[Series]:
        of_measure = self.series.get(measure, {})
        return (of_measure[number] for number in sorted(of_measure) if bins is None or number in bins)
