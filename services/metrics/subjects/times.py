"""The times that scores are asked of: standings at the ends of days, or spans that end with them."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from services.metrics.scores.days import Period, first_of
from services.metrics.scores.weighing import Time
from shared.problems import Problem

FINER = (Period.DAY, Period.WEEK)
"""What a district's figures, which go by whole months, cannot be told of."""


class Asked(NamedTuple):
    """The standing; or what happened in the calendar's period, or since a day. `in_months`: in whole months alone."""

    period: Period | None = None
    since: date | None = None
    in_months: bool = False

    def times(self, days: Iterable[date]) -> list[Time]:
        """What is asked of some days, in their order, each time once. Refuses what ends before it begins."""
        return list(dict.fromkeys(self._time(day) for day in days))

    def _time(self, day: date) -> Time:
        last = month_end(day) if self.in_months else day
        first = self.since if self.period is None else first_of(self.period, last)
        if first is not None and self.in_months:
            first = month_begin(first)
        if first is not None and first > last:
            raise Problem(422, "empty-span", "That time ends before it begins", f"It is from {first} to {last}")
        return Time(last, first)


def asked(period: Period | None, since: date | None) -> Asked:
    """One of both, or neither."""
    if period is not None and since is not None:
        raise Problem(422, "two-spans", "That is two spans of time at once", "Choose one of period and since")
    return Asked(period, since)


def in_whole_months(wanted: Asked, step: Period | None = None) -> Asked:
    """The same of a district."""
    if wanted.period in FINER or step in FINER:
        raise Problem(422, "too-fine", "A district's figures go by whole months", "Choose month or quarter")
    return wanted._replace(in_months=True)


def month_end(day: date) -> date:
    """The last day of the last month that has ended with a day."""
    following = date.fromordinal(min(day.toordinal() + 1, date.max.toordinal()))
    return date.fromordinal(max(following.replace(day=1).toordinal() - 1, 1))


def month_begin(day: date) -> date:
    """The first day of the first month that begins on a day or later."""
    return day if day.day == 1 else (day.replace(day=28) + timedelta(days=4)).replace(day=1)
