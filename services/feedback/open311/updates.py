"""FixMyStreet's extension of the standard: updates of reports, given and taken (Open311 FMS Complete Spec)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import asyncpg

from services.feedback.media.domain import ANSWER, NOTE, Picture
from services.feedback.open311 import intake, queries
from services.feedback.open311.errors import Open311Error
from services.feedback.requests.domain import CLOCK_TOLERANCE, Order, Request
from services.feedback.requests.states import OPEN, PROGRESS, RESOLUTIONS, spelt

UNCHANGED = "unchanged"
"""What a client is told where an update left the request in its state."""

TAKEN_AS = {"planned": "action_scheduled", "reopen": OPEN, "": UNCHANGED, "for_triage": UNCHANGED,
            "acknowledged": UNCHANGED}  # fmt: skip
"""States that clients send beyond those that there are here."""

KNOWN = frozenset({OPEN, UNCHANGED, *PROGRESS, *RESOLUTIONS})
SAID_BY_CITIZENS = "fixed"
"""A state that staff and citizens both come to: nobody can tell whose text it is, so it is no answer that counts."""

TOLD_AS = {"invalid": "no_further_action", "acknowledged": UNCHANGED, None: UNCHANGED}
"""States that clients do not know, as they are told."""

WITH_PICTURES = (NOTE, ANSWER)
"""Kinds of updates that can have some."""

LONGEST_ID = 200


class Update(NamedTuple):
    """What a client sent, checked. `state` is one of KNOWN."""

    request_id: UUID
    update_id: str
    state: str
    text: str
    at: datetime | None
    media_urls: tuple[str, ...]
    contact: Mapping[str, str]
    media: Sequence[Picture] = ()


class Decided(NamedTuple):
    """What comes of an update: a step by staff, a note, both, or nothing."""

    order: Order | None
    note: bool


def read(fields: intake.Fields, now: datetime) -> Update:
    """An update of a request. Raises Open311Error (400, 404), which names every fault."""
    faults: list[str] = []
    request_id = queries.request_id(intake.first(fields, "service_request_id"))
    if request_id is None:
        raise Open311Error(
            404, f"service_request_id {intake.first(fields, 'service_request_id')[:100]!r} was not found"
        )
    update_id = intake.text(fields, "update_id", LONGEST_ID, faults)
    if not update_id:
        faults.append("update_id was not provided")
    state = spelt(intake.first(fields, "status"))
    state = TAKEN_AS.get(state, state)
    if state not in KNOWN:
        faults.append(f"status {state[:50]!r} is none of {', '.join(sorted(KNOWN | TAKEN_AS.keys() - {''}))}")
    text = intake.text(fields, "description", intake.LONGEST["description"], faults)
    contact = intake.contact(fields, faults)
    media_urls = intake.media_urls(fields, faults)
    if faults:
        raise Open311Error(400, *faults)
    return Update(request_id, update_id, state, text, _time(fields, now), media_urls, contact)


def _time(fields: intake.Fields, now: datetime) -> datetime | None:
    at = queries.time({"updated_datetime": intake.first(fields, "updated_datetime")}, "updated_datetime")
    if at is not None and at > now + CLOCK_TOLERANCE:
        raise Open311Error(400, f"updated_datetime {at} is in the future")
    return at


def decide(request: Request, update: Update, author: str) -> Decided:
    """What an update comes to.

    A state that the request is not in moves it, and what came with it, text and pictures, is an answer by staff. Any
    other text is a note by a citizen: also with `fixed`, with `open`, and with an update that is older than the last
    step.
    """
    note = bool(update.text or update.media_urls or update.media)
    order = None if _is_late(request, update) else _order(request, update, author)
    return Decided(order, note and (order is None or order.answer is None))


def _is_late(request: Request, update: Update) -> bool:
    return update.at is not None and update.at < request.moved_at


def _order(request: Request, update: Update, author: str) -> Order | None:
    state, closed = update.state, request.closed_at is not None
    answer = update.text or None
    if state in RESOLUTIONS:
        said = None if state == SAID_BY_CITIZENS else answer
        order = Order(
            status="closed", author=author, resolution=RESOLUTIONS[state], state=state, answer=said, at=update.at
        )
        return None if closed else order
    if state in PROGRESS:
        if closed:
            return Order(status="reopened", author=author, state=state, answer=answer, at=update.at)
        order = Order(status="progressed", author=author, state=state, answer=answer, at=update.at)
        return None if request.state == state else order
    return Order(status="reopened", author=author, at=update.at) if state == OPEN and closed else None


def told(row: asyncpg.Record, media_urls: Sequence[str]) -> dict[str, Any]:
    """What happened to a report, as a client reads it; the same each time it is asked for."""
    return {
        "update_id": str(identifier(row)),
        "service_request_id": str(row["request_id"]),
        "status": TOLD_AS.get(row["state"], row["state"]),
        "updated_datetime": row["at"].isoformat(timespec="seconds").replace("+00:00", "Z"),
        "description": row["text"] or "",
        "media_url": media_urls[0] if len(media_urls) == 1 else list(media_urls) or "",
    }


def identifier(row: asyncpg.Record) -> UUID:
    """The id of an update: a closing or a reopening without a word has no row of its own."""
    found: UUID = row["id"] or wordless(row["request_id"], row["kind"], row["at"])
    return found


def wordless(request_id: UUID, kind: str, at: datetime) -> UUID:
    """The id of a `closing` or `reopening` without a word."""
    return uuid5(request_id, at.isoformat() if kind == "closing" else f"{kind} {at.isoformat()}")


def document(update_id: UUID) -> list[Mapping[str, str]]:
    """The answer to an update that was taken: its id in the list of updates, by which the client knows it again."""
    return [{"update_id": str(update_id)}]
