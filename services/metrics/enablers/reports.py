"""Capacity reports as figures rest on them. Days are ordinals (`date.toordinal`), money is in minor units."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

REPORTED_DAYS = 550
"""For how long a report speaks after its end: a year until the next is due, and half a year more."""


class Money(NamedTuple):
    """An amount of a currency, in its minor unit."""

    amount: int
    currency: str


class Skill(NamedTuple):
    """Full-time equivalents with a skill, against those that are needed."""

    skill: str
    available: float
    needed: float


@dataclass(frozen=True, kw_only=True)
class Report:
    """With what an organisation worked from one day to another, for a service or for all it does.

    `cases_closed` are those that citizens' input shows: resolved or declined within the period.
    """

    id: str
    organisation_id: str
    starts: int
    ends: int
    service_id: str | None = None
    staff: float | None = None
    vacancies: float | None = None
    skills: Sequence[Skill] = ()
    training_days: float | None = None
    planned: Money | None = None
    spent: Money | None = None
    cases_planned: int | None = None
    cases_handled: int | None = None
    cases_closed: int = 0

    @property
    def cases_expected(self) -> int | None:
        """The cases that the planned budget was for: those planned, else those that the report says were handled."""
        return self.cases_handled if self.cases_planned is None else self.cases_planned

    def speaks_on(self, day: int) -> bool:
        """Whether it was known by a day, and is not too old for it."""
        return self.ends <= day <= self.ends + REPORTED_DAYS


def newest(reports: Iterable[Report], day: int) -> list[Report]:
    """Of each organisation and service the report that ended last, of those that speak on a day."""
    found: dict[tuple[str, str], Report] = {}
    for report in sorted((each for each in reports if each.speaks_on(day)), key=lambda each: (each.ends, each.id)):
        found[report.organisation_id, report.service_id or ""] = report
    return [found[key] for key in sorted(found)]


def total(amounts: Iterable[Money | None]) -> Money | None:
    """The sum of amounts of one currency; None where there is none, or one is unknown or of another currency."""
    held = list(amounts)
    known = [each for each in held if each is not None]
    if len({each.currency for each in known}) != 1 or len(known) < len(held):
        return None
    return Money(sum(each.amount for each in known), known[0].currency)
