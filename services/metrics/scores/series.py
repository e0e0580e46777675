"""Observations by day, measure and bin, added up as a weighing says (docs/scores.md, section 2)."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.metrics.buckets.measures import CELLS
from services.metrics.scores.cells import OF_MEASURE, Cells, cells_of
from services.metrics.scores.weighing import Integers, Weighing

_NOTHING: Integers = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Series:
    """Observations of one measure, a row each, in the order of bins; and the count of all days before, by bin."""

    bins: Integers = field(default_factory=lambda: _NOTHING)
    days: Integers = field(default_factory=lambda: _NOTHING)
    counts: Integers = field(default_factory=lambda: _NOTHING)
    totals: Integers = field(default_factory=lambda: _NOTHING)
    earlier: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[tuple[int, int, int, int]], earlier: Mapping[int, int] | None = None) -> "Series":
        """From rows of bin, day, count and total in any order."""
        bins, days, counts, totals = np.array(sorted(rows), dtype=np.int64).reshape(-1, 4).T
        return cls(bins, days, counts, totals, earlier or {})

    @classmethod
    def unordered(
        cls, bins: Integers, days: Integers, counts: Integers, totals: Integers, earlier: Mapping[int, int]
    ) -> "Series":
        """From columns in any order."""
        order = np.argsort(bins, kind="stable")
        return cls(bins[order], days[order], counts[order], totals[order], earlier)

    def only(self, bins: Collection[int]) -> "Series":
        """Some bins alone."""
        where = np.zeros(self.bins.size, dtype=np.bool_)
        for each in bins:
            where |= self.bins == each
        earlier = {each: count for each, count in self.earlier.items() if each in bins}
        return Series(self.bins[where], self.days[where], self.counts[where], self.totals[where], earlier)

    def held(self, last: int) -> int:
        """Σ count of all time up to a day."""
        return sum(self.earlier.values()) + int(self.counts[self.days <= last].sum())


_EMPTY = Series()


@dataclass(frozen=True, slots=True)
class Buckets:
    """What is held of a service, or of what pools several: cells where measures have them, the series of the others.

    Days before a weighing's first must be among those that are read one by one, unless they are of all time.
    """

    series: Mapping[str, Series] = field(default_factory=dict)
    cells: Cells | None = None

    def count(self, measure: str, over: Weighing, bins: Collection[int] | None = None) -> int:
        """Σ count of the days that count, of some bins or of all: of all time at a standing."""
        if over.first <= 1:
            return self.held(measure, over.last, bins)
        if self.cells is not None and measure in OF_MEASURE:
            return self.cells.count(cells_of(measure, bins), over.first, over.last)
        found = self._of(measure, bins)
        return int(found.counts[(found.days >= over.first) & (found.days <= over.last)].sum())

    def held(self, measure: str, last: int, bins: Collection[int] | None = None) -> int:
        """Σ count of all time up to a day: what stocks are made of."""
        if self.cells is not None and measure in OF_MEASURE:
            cells = cells_of(measure, bins)
            return sum(self.cells.earlier[each] for each in cells) + self.cells.count(cells, 1, last)
        return self._of(measure, bins).held(last)

    def within(self, measure: str, first: int, last: int) -> tuple[int, int]:
        """Σ count and Σ total of the days from `first` to `last`, which are read one by one."""
        if self.cells is not None and measure in OF_MEASURE:
            cells = OF_MEASURE[measure]
            return self.cells.count(cells, first, last), self.cells.total(cells, first, last)
        found = self._of(measure, None)
        where = (found.days >= first) & (found.days <= last)
        return int(found.counts[where].sum()), int(found.totals[where].sum())

    def weighted_count(
        self, measure: str, over: Weighing, half_life: int, bins: Collection[int] | None = None
    ) -> float:
        """Σ w·count, of some bins or of all."""
        if self.cells is not None and measure in OF_MEASURE:
            return self.cells.weighted(cells_of(measure, bins), over, half_life)
        found = self._of(measure, bins)
        return _sum(over.weights(found.days, half_life) * found.counts) if found.bins.size else 0.0

    def weighted_total(
        self, measure: str, over: Weighing, half_life: int, bins: Collection[int] | None = None
    ) -> float:
        """Σ w·total, of some bins or of all."""
        if self.cells is not None and measure in OF_MEASURE:
            return self.cells.weighted_totals(cells_of(measure, bins), over, half_life)
        found = self._of(measure, bins)
        return _sum(over.weights(found.days, half_life) * found.totals) if found.bins.size else 0.0

    def weighted_bins(self, measure: str, over: Weighing, half_life: int) -> tuple[float, list[tuple[int, float]]]:
        """Σ w·count, and that of each bin, ascending."""
        found = self.of(measure)
        weighed = (over.weights(found.days, half_life) * found.counts).tolist()
        starts = np.flatnonzero(np.diff(found.bins, prepend=found.bins[:1] - 1)).tolist()
        ends = [*starts[1:], len(weighed)]
        numbers = found.bins[starts].tolist()
        by_bin = [(b, math.fsum(weighed[i:j])) for b, i, j in zip(numbers, starts, ends, strict=bool(starts))]
        return math.fsum(weighed), by_bin

    def of(self, measure: str) -> Series:
        """A measure's observations one by one."""
        if self.cells is None or measure not in OF_MEASURE:
            return self.series.get(measure, _EMPTY)
        cells = OF_MEASURE[measure]
        earlier = {CELLS[each].bin: self.cells.earlier[each] for each in cells}
        return Series(*self.cells.rows(cells), earlier)

    def _of(self, measure: str, bins: Collection[int] | None) -> Series:
        found = self.series.get(measure, _EMPTY)
        return found if bins is None or found is _EMPTY else found.only(bins)


def _sum(weighed: NDArray[np.float64]) -> float:
    """Exact but for one rounding, and so the same in any order."""
    return math.fsum(weighed[weighed != 0].tolist())
