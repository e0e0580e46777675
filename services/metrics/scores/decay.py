"""Observations by day, and how they fade with age (docs/scores.md, section 2).

Whole numbers are kept and weights applied when computing, so that a score of any past day can be recomputed exactly.
Days are ordinals (`date.toordinal`).
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import chain

HALF_LIVES = 6
"""Older observations, with less than 1/64 of their weight, count no longer."""

LONG_AGO = 0
"""The day that stands for all days before those that can still weigh."""


@cache
def weights(half_life: int) -> tuple[float, ...]:
    """The weight of an observation by its age in days: 2^(-age / half-life) up to six half-lives."""
    return tuple(2.0 ** (-age / half_life) for age in range(HALF_LIVES * half_life + 1))


Row = tuple[int, int, int]
"""What one day added to one bin of one measure: day, count, total."""

DAY, COUNT, TOTAL = range(3)


@dataclass(frozen=True, slots=True)
class Buckets:
    """All rows of a service, or of a jurisdiction: by measure, then by bin, in any order."""

    rows: Mapping[str, Mapping[int, Collection[Row]]] = field(default_factory=dict)

    def count(self, measure: str, day: int, bins: Collection[int] | None = None) -> int:
        """Σ count of all time up to `day`, of some bins or of all."""
        return sum(row[COUNT] for rows in self._of(measure, bins) for row in rows if row[DAY] <= day)

    def weighted_count(self, measure: str, day: int, half_life: int, bins: Collection[int] | None = None) -> float:
        """Σ w·count at `day`, of some bins or of all."""
        return math.fsum(chain.from_iterable(_faded(rows, COUNT, day, half_life) for rows in self._of(measure, bins)))

    def weighted_total(self, measure: str, day: int, half_life: int) -> float:
        """Σ w·total at `day`."""
        return math.fsum(chain.from_iterable(_faded(rows, TOTAL, day, half_life) for rows in self._of(measure, None)))

    def weighted_bins(self, measure: str, day: int, half_life: int) -> tuple[float, list[tuple[int, float]]]:
        """Σ w·count at `day`, and of each bin, ascending."""
        of_measure = self.rows.get(measure, {})
        faded = {number: _faded(of_measure[number], COUNT, day, half_life) for number in sorted(of_measure)}
        return math.fsum(chain.from_iterable(faded.values())), [(b, math.fsum(each)) for b, each in faded.items()]

    def _of(self, measure: str, bins: Collection[int] | None) -> Iterable[Collection[Row]]:
        of_measure = self.rows.get(measure, {})
        return (of_measure[number] for number in sorted(of_measure) if bins is None or number in bins)


def _faded(rows: Collection[Row], column: int, day: int, half_life: int) -> list[float]:
    """w · count or w · total of each row in the window that ends with `day`."""
    weight = weights(half_life)
    start = day - len(weight) + 1
    return [weight[day - row[DAY]] * row[column] for row in rows if start <= row[DAY] <= day]
