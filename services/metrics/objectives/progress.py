"""Progress of objectives against plan, at one day and over time (docs/scores.md, section 11)."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from services.metrics.objectives.domain import REPORTED, Absent, Actual, Attainment, Objective, Plan, attainment
from services.metrics.publishes import rounded
from services.metrics.scores.estimates import Z

SaidOn = Mapping[int, Actual | Absent]
"""What the scores say of an objective's indicator, by day."""


class Status(StrEnum):
    """Where an objective stands."""

    REACHED = "reached"
    ON_TRACK = "on-track"
    BEHIND = "behind"
    NO_DATA = "no-data"


class Point(NamedTuple):
    """A day of an objective: what was planned, and what was so, with a 90 % interval. None where there is none."""

    day: int
    planned: float | None
    actual: float | None
    low: float | None
    high: float | None


class Progress(NamedTuple):
    """How far an objective has come. `certain`: its interval allows no other status; None without one."""

    status: Status
    found: Attainment | Absent
    planned_on: int | None
    planned_value: float | None
    certain: bool | None


def progress(objective: Objective, said: Actual | Absent, day: int) -> Progress:
    """How far an objective has come by a day, and whether that is what was planned.

    Plan and progress are compared as they are published, so that what looks alike is alike.
    """
    found, plan = attainment(objective, lambda _: said, day), objective.plan
    if isinstance(found, Absent) or isinstance(plan, Absent):
        return Progress(Status.NO_DATA, found, None, None, None)
    on = found.actual.day if day < plan.target.day else plan.target.day
    ends = {
        _status(plan.progress(found.actual.value + side * Z * found.actual.sd), found.planned) for side in (-1, 0, 1)
    }
    status = _status(found.progress, found.planned)
    return Progress(status, found, on, plan.value(on), len(ends) == 1)


def _status(gone: float, planned: float) -> Status:
    if rounded(gone) >= 1:
        return Status.REACHED
    return Status.ON_TRACK if rounded(gone) >= rounded(planned) else Status.BEHIND


def series(objective: Objective, said: SaidOn, last: int) -> list[Point]:
    """Plan and actual figures up to a day: of the days that the city reported, or that scores tell of."""
    plan = objective.plan
    if objective.source == REPORTED:
        figures = [Actual(each.value, 0.0, each.day) for each in objective.reported if each.day <= last]
        return [_point(plan, each.day, each) for each in sorted(figures, key=lambda each: each.day)]
    return [_point(plan, day, said[day]) for day in sorted(said) if day <= last]


def _point(plan: Plan | Absent, day: int, actual: Actual | Absent) -> Point:
    planned = None if isinstance(plan, Absent) or day < plan.baseline.day else plan.value(day)
    if isinstance(actual, Absent):
        return Point(day, planned, None, None, None)
    return Point(day, planned, actual.value, actual.value - Z * actual.sd, actual.value + Z * actual.sd)


def points_of(first: int, days: Iterable[date], most: int) -> list[date]:
    """The last of some days, from the first that counts on."""
    return [day for day in days if day.toordinal() >= first][-most:]
