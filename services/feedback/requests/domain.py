"""A service request and the steps of its life. A step yields the request as it then is, and what happened."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far ahead of ours the clock of a staff system may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What few requests have: answers to the service's questions, and who can be asked back. Never in an event."""

    attributes: Mapping[str, Any]
    address_id: str | None = None
    zipcode: str | None = None
    media_url: str | None = None
    contact: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a citizen asked for. `contributor` is a pseudonym; `moved_at` is the time of the last step."""

    id: UUID
    jurisdiction_id: str
    service_id: str
    contributor: str
    opened_at: datetime
    moved_at: datetime
    district_id: str | None = None
    channel: str | None = None
    due_at: datetime | None = None
    answer_due_at: datetime | None = None
    acknowledged_at: datetime | None = None
    first_answered_at: datetime | None = None
    closed_at: datetime | None = None
    resolution: str | None = None
    description: str | None = None
    address: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    campaign: str | None = None
    particulars: Particulars | None = None

    @property
    def status(self) -> str:
        return "open" if self.closed_at is None else "closed"


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Staff took note."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """Staff answered; `text` is None where the answer was given outside of this platform."""

    at: datetime
    text: str | None
    author: str
    first: bool


@dataclass(frozen=True, slots=True)
class Closed:
    """The request came to its end."""

    at: datetime
    resolution: str


@dataclass(frozen=True, slots=True)
class Reopened:
    """The request is open again, which undoes the closing of `closed_at`."""

    at: datetime
    closed_at: datetime
    resolution: str


Step = Acknowledged | Answered | Closed | Reopened


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What staff wants to happen: `resolution` comes with `closed` only, `answer` with `answered` or `closed`."""

    status: str
    author: str
    at: datetime | None = None
    resolution: str | None = None
    answer: str | None = None


class NoSuchRequest(LookupError):
    """There is no request of this id."""


class IllegalStep(Exception):
    """The request's present state does not allow the step."""


class ImpossibleTime(ValueError):
    """The step is said to have happened before an earlier one, or in the future."""


def due(opened_at: datetime, target: int | None) -> datetime | None:
    """When a target of that many seconds is over; None without a target."""
    return None if target is None else opened_at + timedelta(seconds=target)


def step_time(request: Request, at: datetime | None, now: datetime) -> datetime:
    """When a step happens: at the time stated, else now. Raises ImpossibleTime."""
    if at is None:
        return max(now, request.moved_at)
    if at < request.moved_at:
        raise ImpossibleTime(f"{at} is before the request's opening or last step, {request.moved_at}")
    if at > now + CLOCK_TOLERANCE:
        raise ImpossibleTime(f"{at} is in the future")
    return at.astimezone(UTC)


def carry_out(request: Request, order: Order, now: datetime) -> tuple[Request, list[Step]]:
    """The request after what staff ordered, and its steps: to close with an answer takes two.

    Raises IllegalStep, or ImpossibleTime.
    """
    steps: list[Step] = []
    for changed, step in _steps(request, order, step_time(request, order.at, now)):
        request = changed
        steps.append(step)
    return request, steps


def _steps(request: Request, order: Order, at: datetime) -> Iterator[tuple[Request, Step]]:
    if order.status == "acknowledged":
        yield acknowledge(request, at)
    if order.status == "reopened":
        yield reopen(request, at)
    if order.status == "answered" or order.answer is not None:
        request, answered = answer(request, at, order.answer, order.author)
        yield request, answered
    if order.status == "closed" and order.resolution is not None:
        yield close(request, at, order.resolution)


def acknowledge(request: Request, at: datetime) -> tuple[Request, Acknowledged]:
    """Staff takes note, once, before the first answer."""
    _require_open(request, "acknowledged")
    if request.acknowledged_at or request.first_answered_at:
        raise IllegalStep(f"request {request.id} has already been acknowledged or answered")
    return replace(request, acknowledged_at=at, moved_at=at), Acknowledged(at)


def answer(request: Request, at: datetime, text: str | None, author: str) -> tuple[Request, Answered]:
    """Staff answers, as often as needed while the request is open; only the first answer is measured."""
    _require_open(request, "answered")
    first = request.first_answered_at is None
    answered = replace(request, first_answered_at=request.first_answered_at or at, moved_at=at)
    return answered, Answered(at, text, author, first)


def close(request: Request, at: datetime, resolution: str) -> tuple[Request, Closed]:
    """The request ends, as `resolved`, `declined`, `duplicate` or `invalid`."""
    _require_open(request, "closed")
    return replace(request, closed_at=at, resolution=resolution, moved_at=at), Closed(at, resolution)


def reopen(request: Request, at: datetime) -> tuple[Request, Reopened]:
    """A closed request is open again; its due times stay."""
    if request.closed_at is None or request.resolution is None:
        raise IllegalStep(f"request {request.id} is open")
    reopened = Reopened(at, request.closed_at, request.resolution)
    return replace(request, closed_at=None, resolution=None, moved_at=at), reopened


def _require_open(request: Request, wish: str) -> None:
    if request.closed_at is not None:
        raise IllegalStep(f"request {request.id} is closed and cannot be {wish} unless it is reopened")
