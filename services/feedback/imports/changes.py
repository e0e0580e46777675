"""What a chunk of rows changes, given what is stored already. Pure.

A row that is new becomes a request with its whole life so far. One that is known adds only the steps that are missing;
what was recorded when it was opened (service, times, place, due time) stays as it was first taken.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.feedback.imports.report import Tally
from services.feedback.imports.rows import Row
from services.feedback.requests import domain, publishes
from services.feedback.requests.domain import Answered, Closed, Reopened, Request, Step
from shared.outbox.append import Outgoing

AUTHOR = ""
"""Whose answer it was is not in an export, or is a name that should not be taken from one."""


class AnswerText(NamedTuple):
    """A public answer to a request."""

    request_id: UUID
    at: datetime
    text: str


@dataclass(slots=True)
class Changes:
    """What is to be written. `new` and `updated` are by external id, each as it ends up; events are in order."""

    new: dict[str, Request] = field(default_factory=dict)
    updated: dict[str, Request] = field(default_factory=dict)
    answers: list[AnswerText] = field(default_factory=list)
    reopenings: list[tuple[UUID, Reopened]] = field(default_factory=list)
    events: list[Outgoing] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


def changes(rows: Iterable[Row], stored: dict[str, Request], now: datetime) -> Changes:
    """What rows, in their order, change about the requests that are `stored`, by external id.

    An id that comes twice in a file is so treated as if the file had been imported twice.
    """
    found = Changes()
    for row in rows:
        known = found.new.get(row.external_id) or found.updated.get(row.external_id) or stored.get(row.external_id)
        if known is None:
            _open(found, row)
        elif _is_another(known, row.request):
            found.tally.refuse(row.line, "contradicts-earlier-row")
        else:
            _catch_up(found, row, known, now)
    return found


def _open(found: Changes, row: Row) -> None:
    request = row.request
    found.new[row.external_id] = request
    found.events.append(publishes.request_opened(request))
    if request.first_answered_at is not None:
        _add(found, row, request, Answered(request.first_answered_at, row.answer, AUTHOR, True))
    if request.closed_at is not None and request.resolution is not None:
        _add(found, row, request, Closed(request.closed_at, request.resolution))
    found.tally.take(row.corrections)


def _is_another(known: Request, request: Request) -> bool:
    return known.service_id != request.service_id or known.opened_at != request.opened_at


def _catch_up(found: Changes, row: Row, known: Request, now: datetime) -> None:
    request = known
    for request, step in _missing(known, row.request, now):
        _add(found, row, request, step)
    if request is known:
        found.tally.unchanged += 1
        return
    (found.new if row.external_id in found.new else found.updated)[row.external_id] = request
    found.tally.update(row.corrections)


def _missing(known: Request, wanted: Request, now: datetime) -> Iterator[tuple[Request, Step]]:
    """The steps that lead from one state to the other, each with the request as it is after it.

    Another closing than the one that is known means that this was undone: at the time of the new one if that is later.
    """
    same_ending = (known.closed_at, known.resolution) == (wanted.closed_at, wanted.resolution)
    if known.closed_at is not None and not same_ending:
        undone_at = max(known.closed_at, wanted.closed_at or max(now, known.moved_at))
        known, reopened = domain.reopen(known, undone_at)
        yield known, reopened
    if wanted.first_answered_at is not None and known.first_answered_at is None:
        at = wanted.first_answered_at
        known = replace(known, first_answered_at=at, moved_at=max(known.moved_at, at))
        yield known, Answered(at, None, AUTHOR, True)
    if wanted.closed_at is not None and wanted.resolution is not None and not same_ending:
        yield domain.close(known, wanted.closed_at, wanted.resolution)


def _add(found: Changes, row: Row, request: Request, step: Step) -> None:
    found.events.append(publishes.request_stepped(request, step))
    if isinstance(step, Reopened):
        found.reopenings.append((request.id, step))
    elif isinstance(step, Answered) and row.answer is not None:
        found.answers.append(AnswerText(request.id, step.at, row.answer))
