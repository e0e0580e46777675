"""A call for contributions: open until staff closes it, or until its time is over."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

LONGEST = timedelta(days=3 * 366)
"""How far ahead a call may close."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is asked for. `amount` is what is needed, in the unit of `form`; None of either: anything helps."""

    id: UUID
    jurisdiction_id: str
    service_id: str
    title: str
    opened_at: datetime
    district_id: str | None = None
    text: str | None = None
    form: str | None = None
    amount: int | None = None
    currency: str | None = None
    place: str | None = None
    closes_at: datetime | None = None
    closed_at: datetime | None = None

    def is_open(self, at: datetime) -> bool:
        return self.closed_at is None and (self.closes_at is None or at < self.closes_at)


class NoSuchCall(LookupError):
    """There is no call of this id."""


class UnknownCall(LookupError):
    """What was given names a call that there is not."""


class CallOver(Exception):
    """The call is closed, or its time is over."""


class ImpossibleClosing(ValueError):
    """The call is said to close in the past, or too late."""


class DoesNotFit(Exception):
    """The call is for something else."""


def check_closing(closes_at: datetime | None, now: datetime) -> None:
    """Raises ImpossibleClosing."""
    if closes_at is not None and not now < closes_at <= now + LONGEST:
        raise ImpossibleClosing(f"closes_at must be after now, and within three years: {closes_at}")


def check_pledge(call: Call, service_id: str, form: str, currency: str | None, now: datetime) -> None:
    """Raises CallOver, or DoesNotFit, where such a contribution cannot be pledged to a call now."""
    if not call.is_open(now):
        raise CallOver(f"call {call.id} closed at {call.closed_at or call.closes_at}")
    if call.service_id != service_id:
        raise DoesNotFit(f"call {call.id} is of service {call.service_id}")
    if call.form is not None and call.form != form:
        raise DoesNotFit(f"call {call.id} is for {call.form}")
    if call.currency is not None and call.currency != currency:
        raise DoesNotFit(f"call {call.id} is for {call.currency}")


def close(call: Call, now: datetime) -> Call:
    """The call as it is over: since its time was, if that came first. Raises CallOver where it was closed before."""
    if call.closed_at is not None:
        raise CallOver(f"call {call.id} closed at {call.closed_at}")
    ends = now if call.closes_at is None else min(now, call.closes_at)
    return replace(call, closed_at=max(ends, call.opened_at))
