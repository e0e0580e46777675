"""Services in the order of a figure, with the ranks that their intervals allow (docs/scores.md, section 5).

Ranks without their uncertainty mislead: Goldstein and Spiegelhalter, "League Tables and Their Limitations", Journal of
the Royal Statistical Society A, 1996.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from services.metrics.scores.points import Points


class Ranked(NamedTuple):
    """A service's place: 1 is the best, equal scores share a rank. All None for one without the figure.

    `best` and `worst` are the first and last rank that the intervals allow. `tied`: it cannot be told from a
    neighbour in the order.
    """

    service_id: str
    points: Points | None
    rank: int | None = None
    best: int | None = None
    worst: int | None = None
    tied: bool = False


def rank(figures: Sequence[tuple[str, Points | None]]) -> list[Ranked]:
    """Ranks (service, points), the best first, then the services without the figure; among equals by id."""
    held = sorted(
        ((service_id, each) for service_id, each in figures if each is not None),
        key=lambda entry: (-entry[1].score, entry[0]),
    )
    ordered = [each for _, each in held]
    scores, lows, highs = (sorted(getattr(each, name) for each in ordered) for name in ("score", "low", "high"))
    count = len(held)
    ranked = [
        Ranked(
            service_id,
            each,
            1 + count - bisect_right(scores, each.score),
            1 + count - bisect_right(lows, each.high),
            count - bisect_left(highs, each.low),
            any(_overlap_widely(each, other) for other in _neighbours(ordered, place)),
        )
        for place, (service_id, each) in enumerate(held)
    ]
    return ranked + [Ranked(service_id, None) for service_id, each in sorted(figures) if each is None]


def _neighbours(ordered: Sequence[Points], place: int) -> list[Points]:
    return [*ordered[max(place - 1, 0) : place], *ordered[place + 1 : place + 2]]


def _overlap_widely(one: Points, other: Points) -> bool:
    """Whether each score lies within the other's interval."""
    return one.low <= other.score <= one.high and other.low <= one.score <= other.high
