"""Observations of the measures that have cells, as the tables of buckets hold them: a column of numbers by day for each
cell. Weighed and added up for all cells at once, for most of what a score takes is asked of the same days."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from services.metrics.buckets.measures import CELLS, COLUMNS
from services.metrics.scores.weighing import Integers, Weighing, Weights

NOTHING: Integers = np.empty(0, dtype=np.int64)

K = TypeVar("K")
V = TypeVar("V")

_TOTALS = [cell.totals if cell.totals in COLUMNS else cell.counts for cell in CELLS]
COLUMN = np.array([COLUMNS.index(name) for name in (*(cell.counts for cell in CELLS), *_TOTALS)])
"""The column of the counts of each cell, then that of their totals."""
TIMES = np.array([1] * len(CELLS) + [1 if cell.totals in COLUMNS else cell.bin if cell.totals else 0 for cell in CELLS])
"""How often it counts: totals that have no column follow from the counts, as `Cell.totals` says."""

OF_MEASURE: dict[str, list[int]] = {}
"""Which of the cells are a measure's, by its name, in the order of bins."""
for _number, _cell in enumerate(CELLS):
    OF_MEASURE.setdefault(_cell.measure.label, []).append(_number)


def cells_of(measure: str, bins: Collection[int] | None) -> Sequence[int]:
    """Which of the cells are a measure's, of some bins or of all."""
    found = OF_MEASURE[measure]
    return found if bins is None else [each for each in found if CELLS[each].bin in bins]


@dataclass(frozen=True, slots=True)
class Cells:
    """`numbers` has a column for each day, and a row for the counts and another for the totals of each of `CELLS` where
    they are not all 0: `place` says where. `earlier` are the counts of all days before."""

    days: Integers
    numbers: Integers
    place: Mapping[int, int]
    earlier: Sequence[int]
    _sums: dict[tuple[int, int], list[int]] = field(default_factory=dict, compare=False, repr=False)
    _products: dict[tuple[Weighing, int], Weights] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, table: Integers | None, earlier: Sequence[int] | None) -> "Cells":
        """From a table whose columns are the day and `COLUMNS`, and the sums of those before."""
        before = [0] * len(CELLS) if earlier is None else [earlier[each] for each in COLUMN[: len(CELLS)].tolist()]
        if table is None:
            return cls(NOTHING, NOTHING.reshape(0, 0), {}, before)
        used: NDArray[np.bool_] = (table[:, 1:] != 0).any(axis=0)
        held = np.flatnonzero(used[COLUMN] & (TIMES != 0))
        numbers = (table[:, 1 + COLUMN[held]] * TIMES[held]).T
        return cls(table[:, 0], numbers, {row: at for at, row in enumerate(held.tolist())}, before)

    def count(self, cells: Sequence[int], first: int, last: int) -> int:
        """Σ count of the days from `first` to `last`."""
        held = self._held(cells)
        return sum([self._within(first, last)[each] for each in held]) if held else 0

    def total(self, cells: Sequence[int], first: int, last: int) -> int:
        """Σ total of the days from `first` to `last`."""
        return self.count([len(CELLS) + each for each in cells], first, last)

    def weighted(self, cells: Sequence[int], over: Weighing, half_life: int) -> float:
        """Σ w·count; exact but for one rounding, and so the same in any order."""
        held = self._held(cells)
        return math.fsum(self._weighed(over, half_life)[held].ravel().tolist()) if held else 0.0

    def weighted_totals(self, cells: Sequence[int], over: Weighing, half_life: int) -> float:
        """Σ w·total."""
        return self.weighted([len(CELLS) + each for each in cells], over, half_life)

    def rows(self, cells: Sequence[int]) -> tuple[Integers, Integers, Integers, Integers]:
        """Bin, day, count and total of a measure's observations, a column each, in the order of cells."""
        bins = np.repeat(np.array([CELLS[each].bin for each in cells], dtype=np.int64), self.days.size)
        counts = np.concatenate([self._row(each) for each in cells])
        totals = np.concatenate([self._row(len(CELLS) + each) for each in cells])
        where = (counts != 0) | (totals != 0)
        return bins[where], np.tile(self.days, len(cells))[where], counts[where], totals[where]

    def _held(self, rows: Sequence[int]) -> list[int]:
        return [self.place[each] for each in rows if each in self.place]

    def _row(self, row: int) -> Integers:
        return self.numbers[self.place[row]] if row in self.place else np.zeros_like(self.days)

    def _within(self, first: int, last: int) -> list[int]:
        """What each row adds up to."""
        if (first, last) not in self._sums:
            where = (self.days >= first) & (self.days <= last)
            _keep(self._sums, (first, last), self.numbers[:, where].sum(axis=1).tolist())
        return self._sums[first, last]

    def _weighed(self, over: Weighing, half_life: int) -> Weights:
        """Each row, its numbers as often as their day counts."""
        if (over, half_life) not in self._products:
            _keep(self._products, (over, half_life), self.numbers * over.weights(self.days, half_life))
        return self._products[over, half_life]


REMEMBERED = 2


def _keep(remembered: dict[K, V], key: K, value: V) -> None:
    """A score asks many times of the same days, and a history of many days."""
    if len(remembered) >= REMEMBERED:
        del remembered[next(iter(remembered))]
    remembered[key] = value
