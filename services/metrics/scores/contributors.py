"""How many distinct people gave input, from the monthly theta sketches of a service.

Theta sketches (Dasgupta, Lang, Rhodes, Thaler: "A Framework for Estimating Stream Expression Cardinalities", ICDT
2016) in the implementation of Apache DataSketches: 4,096 nominal entries, so exact below that.
"""

from collections.abc import Container, Iterable
from typing import NamedTuple

from datasketches import compact_theta_sketch, theta_union

LG_K = 12


class Sketch(NamedTuple):
    """The contributors of one district in one month, as compact serialised bytes."""

    month: int
    content: bytes
    stale: bool


class Distinct(NamedTuple):
    """An estimated number of people with bounds at two standard deviations. `stale`: a withdrawal is still in it."""

    estimate: float
    low: float
    high: float
    stale: bool = False


def count_distinct(sketches: Iterable[Sketch], months: Container[int]) -> Distinct:
    """The people of some calendar months (docs/scores.md, section 2)."""
    union, stale = theta_union(LG_K), False
    for sketch in sketches:
        if sketch.month in months:
            union.update(compact_theta_sketch.deserialize(sketch.content))
            stale |= sketch.stale
    result = union.get_result()
    return Distinct(result.get_estimate(), result.get_lower_bound(2), result.get_upper_bound(2), stale)
