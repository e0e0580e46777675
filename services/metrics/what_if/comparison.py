"""Two assessments of the same service beside each other, and two orders of the same services. Pure."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from services.metrics.scores.assessment import Assessment, IndicatorScore
from services.metrics.scores.points import DimensionPoints
from services.metrics.scores.rankings import Ranked

Change = Literal["none", "changed", "added", "removed"]


class IndicatorPair(NamedTuple):
    """An indicator before and after; None where it is not in the scorecard."""

    before: IndicatorScore | None
    after: IndicatorScore | None

    @property
    def either(self) -> IndicatorScore:
        """The later one, else the earlier one."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def change(self) -> Change:
        """What became of its definition."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        return "none" if self.before.indicator == self.after.indicator else "changed"

    @property
    def difference(self) -> float:
        """What it adds to its dimension now, less what it added before: these sum to the dimension's difference."""
        return (self.after.contribution if self.after else 0.0) - (self.before.contribution if self.before else 0.0)


class DimensionPair(NamedTuple):
    """A dimension before and after; None where no scorecard has it."""

    before: DimensionPoints | None
    after: DimensionPoints | None


class Move(NamedTuple):
    """A service's rank before and after; None where it has none."""

    service_id: str
    before: int | None
    after: int | None

    @property
    def places(self) -> int:
        """How many places it moved up."""
        return 0 if self.before is None or self.after is None else self.before - self.after


def indicators(before: Assessment, after: Assessment) -> list[IndicatorPair]:
    """All indicators of either, in the order of the scorecard before."""
    earlier = {each.indicator.id: each for each in before.indicators}
    later = {each.indicator.id: each for each in after.indicators}
    return [IndicatorPair(earlier.get(name), later.get(name)) for name in dict.fromkeys([*earlier, *later])]


def dimensions(before: Assessment, after: Assessment) -> dict[str, DimensionPair]:
    """All dimensions of either."""
    names = dict.fromkeys([*before.dimensions, *after.dimensions])
    return {name: DimensionPair(before.dimensions.get(name), after.dimensions.get(name)) for name in names}


def moves(before: Sequence[Ranked], after: Sequence[Ranked], subject: str) -> list[Move]:
    """The services whose rank changes and the subject, those that move furthest first."""
    earlier = {each.service_id: each.rank for each in before}
    found = [Move(each.service_id, earlier.get(each.service_id), each.rank) for each in after]
    told = [move for move in found if move.before != move.after or move.service_id == subject]
    return sorted(told, key=lambda move: (-abs(move.places), move.service_id))
