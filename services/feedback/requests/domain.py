"""A service request and the steps of its life. A step yields the request as it then is, and what happened."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.feedback.media.domain import Picture
from services.feedback.requests.states import ACKNOWLEDGED, CLOSED_AS, OPEN, PROGRESS, RESOLUTIONS

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far ahead of ours the clock of a staff system may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What few requests have: answers to the service's questions, and who can be asked back. Never in an event."""

    attributes: Mapping[str, Any]
    address_id: str | None = None
    zipcode: str | None = None
    media_urls: Sequence[str] = ()
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
    state: str = OPEN
    progressed_at: datetime | None = None
    duplicate_of: UUID | None = None
    split_from: UUID | None = None
    description_masked: str | None = None
    hidden_at: datetime | None = None
    particulars: Particulars | None = None
    media: Sequence[Picture] = ()

    @property
    def hidden(self) -> bool:
        """Whether moderation keeps its texts from the public."""
        return self.hidden_at is not None

    @property
    def status(self) -> str:
        return "open" if self.closed_at is None else "closed"


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Staff took note."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """Staff answered; `text` is None where the answer was given outside of this platform.

    `state` is the one that the request was moved to with the answer, None where it stayed as it was.
    """

    at: datetime
    text: str | None
    author: str
    first: bool
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Progressed:
    """The open request came a step further."""

    at: datetime
    state: str
    author: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The request came to its end."""

    at: datetime
    resolution: str
    duplicate_of: UUID | None = None


@dataclass(frozen=True, slots=True)
class Reopened:
    """The request is open again, which undoes the closing of `closed_at`."""

    at: datetime
    closed_at: datetime
    resolution: str
    state: str


Step = Acknowledged | Answered | Progressed | Closed | Reopened


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What staff wants to happen.

    `resolution` comes with `closed` only, `answer` with `answered`, `progressed` or `closed`; `state` is where it goes
    with `progressed` or `closed`.
    """

    status: str
    author: str
    at: datetime | None = None
    resolution: str | None = None
    answer: str | None = None
    state: str | None = None
    duplicate_of: UUID | None = None


class NoSuchRequest(LookupError):
    """There is no request of this id."""


class IllegalStep(Exception):
    """The request's present state does not allow the step."""


class NotTheirs(Exception):
    """The request was made by somebody else."""


class TooLate(Exception):
    """The time in which the giver can have a request reopened is over."""


class NoOriginal(Exception):
    """What a request is said to be a duplicate of cannot be its original."""


class OtherJurisdiction(ValueError):
    """What is named belongs to another jurisdiction than the request."""


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
    goes_to = order.state or CLOSED_AS.get(order.resolution or "")
    if order.status == "acknowledged":
        yield acknowledge(request, at)
    if order.status == "reopened":
        request, reopened = reopen(request, at)
        yield request, reopened
    if order.status == "answered" or order.answer is not None:
        request, answered = answer(request, at, order.answer, order.author, goes_to)
        yield request, answered
    if order.state in PROGRESS:
        yield progress(request, at, order.state, order.author)
    if order.status == "closed" and order.resolution is not None:
        yield close(request, at, order.resolution, order.state, order.duplicate_of)


def acknowledge(request: Request, at: datetime) -> tuple[Request, Acknowledged]:
    """Staff takes note, once, before the first answer or step."""
    _require_open(request, "acknowledged")
    if request.acknowledged_at or request.first_answered_at or request.state in PROGRESS:
        raise IllegalStep(f"request {request.id} has already been acknowledged or answered")
    return replace(request, acknowledged_at=at, state=ACKNOWLEDGED, moved_at=at), Acknowledged(at)


def answer(
    request: Request, at: datetime, text: str | None, author: str, state: str | None = None
) -> tuple[Request, Answered]:
    """Staff answers, as often as needed while the request is open; only the first answer is measured."""
    _require_open(request, "answered")
    first = request.first_answered_at is None
    answered = replace(request, first_answered_at=request.first_answered_at or at, moved_at=at)
    return answered, Answered(at, text, author, first, state)


def progress(request: Request, at: datetime, state: str, author: str) -> tuple[Request, Progressed]:
    """The open request comes a step further, or back: to one of PROGRESS that it is not in."""
    _require_open(request, "moved on")
    if request.state == state:
        raise IllegalStep(f"request {request.id} is {state} already")
    return replace(request, state=state, progressed_at=at, moved_at=at), Progressed(at, state, author)


def close(
    request: Request, at: datetime, resolution: str, state: str | None = None, duplicate_of: UUID | None = None
) -> tuple[Request, Closed]:
    """The request ends, as `resolved`, `declined`, `duplicate` or `invalid`, in a state that belongs to it."""
    _require_open(request, "closed")
    state = state or CLOSED_AS[resolution]
    if RESOLUTIONS[state] != resolution:
        raise IllegalStep(f"a request that is {state} is {RESOLUTIONS[state]}, not {resolution}")
    closed = replace(request, closed_at=at, resolution=resolution, state=state, duplicate_of=duplicate_of, moved_at=at)
    return closed, Closed(at, resolution, duplicate_of)


def reopen(request: Request, at: datetime) -> tuple[Request, Reopened]:
    """A closed request is open again; its due times stay, and it is no duplicate any longer."""
    if request.closed_at is None or request.resolution is None:
        raise IllegalStep(f"request {request.id} is open")
    reopened = Reopened(at, request.closed_at, request.resolution, request.state)
    opened = replace(request, closed_at=None, resolution=None, state=OPEN, duplicate_of=None, moved_at=at)
    return opened, reopened


def reopen_for_giver(request: Request, at: datetime, within: timedelta) -> tuple[Request, Reopened]:
    """Who asked is not content with how it ended, and says so in good time. Raises IllegalStep or TooLate."""
    if request.closed_at is not None and at - request.closed_at > within:
        raise TooLate(
            f"request {request.id} was closed on {request.closed_at:%Y-%m-%d}, more than {within.days} days ago"
        )
    return reopen(request, at)


def _require_open(request: Request, wish: str) -> None:
    if request.closed_at is not None:
        raise IllegalStep(f"request {request.id} is closed and cannot be {wish} unless it is reopened")
