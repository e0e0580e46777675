"""What happened to requests, as the events that others learn of. None carries text, a place or a name."""

from collections.abc import Sequence
from datetime import datetime

from services.feedback.places import Place, place
from services.feedback.requests.domain import Acknowledged, Answered, Closed, Progressed, Reopened, Request, Step
from shared.contracts.base import Contract
from shared.contracts.feedback import (
    TOPIC,
    RequestAcknowledged,
    RequestAnswered,
    RequestClosed,
    RequestErased,
    RequestOpened,
    RequestProgressed,
    RequestReopened,
    RequestState,
    Resolution,
    UndoneClosing,
)
from shared.outbox.append import Outgoing, outgoing


class _Common(Place):
    """Members of every event of a request."""

    request_id: str
    opened_at: datetime


def _common(request: Request) -> _Common:
    return {**place(request), "request_id": str(request.id), "opened_at": request.opened_at}


def request_opened(request: Request) -> Outgoing:
    """A citizen asked for something."""
    contract = RequestOpened(
        **_common(request),
        contributor=request.contributor,
        due_at=request.due_at,
        answer_due_at=request.answer_due_at,
        channel=request.channel,
        campaign=request.campaign,
        split_from=None if request.split_from is None else str(request.split_from),
    )
    return outgoing(TOPIC, request.service_id, contract, request.opened_at)


def request_stepped(request: Request, step: Step) -> Outgoing:
    """A request, as it is after `step`, went on in its life."""
    return outgoing(TOPIC, request.service_id, _step(request, step), step.at)


def _step(request: Request, step: Step) -> Contract:
    of = _common(request)
    match step:
        case Acknowledged():
            return RequestAcknowledged(**of, acknowledged_at=step.at)
        case Answered():
            return RequestAnswered(**of, answered_at=step.at, answer_due_at=request.answer_due_at, first=step.first)
        case Progressed():
            return RequestProgressed(**of, state=RequestState(step.state), progressed_at=step.at)
        case Closed():
            return _closed(request, step)
        case Reopened():
            return RequestReopened(
                **of,
                closed_at=step.closed_at,
                resolution=Resolution(step.resolution),
                reopened_at=step.at,
                due_at=request.due_at,
            )


def _closed(request: Request, step: Closed) -> RequestClosed:
    return RequestClosed(
        **_common(request),
        closed_at=step.at,
        resolution=Resolution(step.resolution),
        due_at=request.due_at,
        first_answered_at=request.first_answered_at,
        duplicate_of=None if step.duplicate_of is None else str(step.duplicate_of),
    )


def request_erased(request: Request, undone: Sequence[Reopened], at: datetime) -> Outgoing:
    """A request is gone, with all of its life; `undone` are its reopenings, the oldest first."""
    closings = [
        UndoneClosing(closed_at=each.closed_at, resolution=Resolution(each.resolution), reopened_at=each.at)
        for each in undone
    ]
    contract = RequestErased(
        **_common(request),
        contributor=request.contributor,
        erased_at=at,
        due_at=request.due_at,
        answer_due_at=request.answer_due_at,
        first_answered_at=request.first_answered_at,
        closed_at=request.closed_at,
        resolution=None if request.resolution is None else Resolution(request.resolution),
        undone=closings,
        channel=request.channel,
    )
    return outgoing(TOPIC, request.service_id, contract, at)
