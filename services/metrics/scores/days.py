"""Days and spans of days as callers name them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from shared.problems import Problem


class Period(StrEnum):
    """Days, ISO weeks (from Monday on), months and quarters of the calendar, in UTC."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


DAY_TEXT: dict[str, Any] = {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}
"""What OpenAPI says of a day that is to be named."""


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


def first_of(period: Period, day: date) -> date:
    """The first day of the period that holds a day."""
    match period:
        case Period.DAY:
            return day
        case Period.WEEK:
            return day - timedelta(days=min(day.weekday(), day.toordinal() - 1))
        case Period.MONTH:
            return day.replace(day=1)
        case Period.QUARTER:
            return day.replace(month=day.month - (day.month - 1) % 3, day=1)


def days_between(first: date, last: date, step: Period) -> Iterator[date]:
    """The days of a history, ascending: those that end a step, and `last`."""
    day = first
    while day < last:
        following = day + timedelta(days=1)
        if first_of(step, following) == following:
            yield day
        day = following
    yield last
