"""Days as callers name them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from shared.problems import Problem


class Step(StrEnum):
    """How far apart the points of a history are: each day, the end of each ISO week, or of each month."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def today() -> date:
    """The UTC day it is now."""
    return datetime.now(UTC).date()


def past_day(text: str | None, name: str, otherwise: date) -> date:
    """The UTC day of an ISO 8601 date or date-time (in UTC without a zone). A problem where it is none, or to come."""
    if text is None:
        return otherwise
    day = _utc_day(text, name)
    if day > today():
        raise Problem(422, "future-day", "That day is yet to come", f"{name} is {day}, today is {today()} in UTC")
    return day


def _utc_day(text: str, name: str) -> date:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo is None else moment.astimezone(UTC)).date()
    except (ValueError, OverflowError):
        detail = f"{name} takes a date such as 2026-03-31, or a date-time with its zone"
        raise Problem(422, "invalid-day", "That is no day", detail) from None


def days_between(first: date, last: date, step: Step) -> Iterator[date]:
    """The days of a history, ascending: those that end a step, and `last`."""
    day = first
    while day < last:
        if step is Step.DAY or (_ends_week(day) if step is Step.WEEK else _ends_month(day)):
            yield day
        day += timedelta(days=1)
    yield last


def _ends_week(day: date) -> bool:
    return day.isoweekday() == 7


def _ends_month(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1
