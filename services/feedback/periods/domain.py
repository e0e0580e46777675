"""A period, and what something that has one is at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

PeriodState = Literal["draft", "announced", "open", "closed"]


class ImpossiblePeriod(ValueError):
    """It would be over before it begins, or is over already."""


class NotOpen(Exception):
    """It is not open: it has yet to begin, or is over."""


class NewerSaid(Exception):
    """What comes late is older than what its contributor said since."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `opens_at`, up to but not including `closes_at`."""

    opens_at: datetime
    closes_at: datetime

    def check_open(self, now: datetime, what: str) -> None:
        """Raises NotOpen."""
        if now < self.opens_at:
            raise NotOpen(f"{what} opens at {self.opens_at.isoformat()}")
        if now >= self.closes_at:
            raise NotOpen(f"{what} was open until {self.closes_at.isoformat()}")


def taken_at(period: Period, now: datetime, made_at: datetime | None, earlier: datetime | None) -> datetime:
    """When something counts as given that is taken now: earlier where an app that was offline says so, in the period.

    Raises NewerSaid where its contributor has said something newer, at `earlier`.
    """
    if made_at is None:
        return now
    at = min(now, max(made_at, period.opens_at))
    if earlier is not None and earlier > at:
        raise NewerSaid(f"what was given at {earlier.isoformat()} counts")
    return at


def starting(opens_at: datetime | None, closes_at: datetime, now: datetime) -> Period:
    """The period of what is published now; a beginning that has passed is now. Raises ImpossiblePeriod."""
    begin = now if opens_at is None else max(opens_at, now)
    if closes_at <= begin:
        raise ImpossiblePeriod(f"it closes at {closes_at.isoformat()}, and would open at {begin.isoformat()}")
    return Period(begin, closes_at)


def state(published: bool, opens_at: datetime | None, closes_at: datetime, now: datetime) -> PeriodState:
    """What something with a period is at a time."""
    if not published or opens_at is None:
        return "draft"
    if now < opens_at:
        return "announced"
    return "open" if now < closes_at else "closed"
