"""An objective's way from its baseline to its target, and how far it has come (docs/scores.md, section 2).

Days are ordinals (`date.toordinal`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.metrics.scores.estimates import Z

REPORTED_DAYS = 550
"""For how long a figure that the city reported speaks: a year until the next is due, and half a year more."""

AFTERWARDS_DAYS = 365
"""For how long after its day it still counts whether an objective was reached."""

REPORTED = "reported"
POINTS = "points"
"""The unit of an objective that means an indicator's points, 0 to 100, and not its value."""


class Figure(NamedTuple):
    """A value on a day."""

    value: float
    day: int


class Actual(NamedTuple):
    """What an objective's indicator is, as known by some day; `sd` is 0 for what the city reports."""

    value: float
    sd: float
    day: int


class Absent(NamedTuple):
    """Why there is no figure."""

    reason: str


class Attainment(NamedTuple):
    """How far an objective has come: its progress, and what was planned for that day, as parts of the whole way.

    `attained` is the part of the plan that is reached, 0 to 1, with its standard deviation.
    """

    actual: Actual
    progress: float
    planned: float
    attained: float
    sd: float


class Plan(NamedTuple):
    """The way from a baseline to a target that differs from it, on a later day."""

    baseline: Figure
    target: Figure

    def part(self, day: int) -> float:
        """Which part of the way is to be gone by a day: evenly, from the baseline's day to the target's."""
        return min(max((day - self.baseline.day) / (self.target.day - self.baseline.day), 0.0), 1.0)

    def value(self, day: int) -> float:
        """What the indicator is to be by a day."""
        return self.baseline.value + self.part(day) * (self.target.value - self.baseline.value)

    def progress(self, value: float) -> float:
        """Which part of the way has been gone: below 0 backwards, above 1 beyond the target."""
        return (value - self.baseline.value) / (self.target.value - self.baseline.value)

    def attainment(self, actual: Actual, day: int) -> Attainment:
        """Progress against plan: on the day that the actual figure is of, and from the target's day on the whole way.

        docs/scores.md, section 2, Goal attainment. Actual over required pace is how Eurostat assesses progress towards
        dated targets ("Sustainable development in the European Union", annex on indicator trends); here on a straight
        line. The interval's ends are clipped as those of points are.
        """
        planned = self.part(actual.day if day < self.target.day else self.target.day)
        ends = [self._attained(actual.value + side * Z * actual.sd, planned) for side in (-1, 1)]
        sd = (max(ends) - min(ends)) / (2 * Z)
        return Attainment(actual, self.progress(actual.value), planned, self._attained(actual.value, planned), sd)

    def _attained(self, value: float, planned: float) -> float:
        return min(max(self.progress(value) / planned, 0.0), 1.0)


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What of an objective its progress depends on. `reported` are figures of the city, in any order."""

    id: str
    source: str
    code: str
    target: Figure
    baseline: Figure | None = None
    unit: str | None = None
    reported: Sequence[Figure] = ()

    @property
    def in_points(self) -> bool:
        return self.unit == POINTS

    @property
    def plan(self) -> Plan | Absent:
        """The way that is planned."""
        if self.baseline is None:
            return Absent("it has no baseline")
        if self.baseline.value == self.target.value or self.baseline.day >= self.target.day:
            return Absent("its target is not beyond its baseline")
        return Plan(self.baseline, self.target)

    def newest_report(self, day: int) -> Actual | Absent:
        """The city's last figure up to a day, after the baseline's."""
        start = 0 if self.baseline is None else self.baseline.day
        known = [each for each in self.reported if max(start, day - REPORTED_DAYS - 1) < each.day <= day]
        if not known:
            return Absent(f"no figure was reported of {REPORTED_DAYS} days")
        newest = max(known, key=lambda each: each.day)
        return Actual(newest.value, 0.0, newest.day)


ScoresSay = Callable[[Objective], Actual | Absent]
"""What the scores say on a day of an objective that is measured by them."""


def attainment(objective: Objective, say: ScoresSay, day: int) -> Attainment | Absent:
    """How far an objective has come at the end of a day."""
    plan = objective.plan
    if isinstance(plan, Absent):
        return plan
    if day <= plan.baseline.day:
        return Absent("it has not begun")
    actual = objective.newest_report(day) if objective.source == REPORTED else say(objective)
    return actual if isinstance(actual, Absent) else plan.attainment(actual, day)


def counts(objective: Objective, day: int) -> bool:
    """Whether an objective still counts on a day: not when its own day is long past."""
    return day <= objective.target.day + AFTERWARDS_DAYS
