"""FixMyStreet's extension of the standard: updates of reports, given and taken (Open311 FMS Complete Spec)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import asyncpg

from services.feedback.open311.errors import Open311Error
from services.feedback.requests.domain import Order, Request

CLOSING = {
    "fixed": "resolved", "closed": "resolved", "duplicate": "duplicate", "no_further_action": "declined",
    "not_councils_responsibility": "declined",
}  # fmt: skip
"""How a request ends, by the state that a client sends."""

STILL_OPEN = frozenset({"open", "investigating", "in_progress", "action_scheduled", "internal_referral"})

STATES = {
    "resolved": "fixed",
    "duplicate": "duplicate",
    "declined": "no_further_action",
    "invalid": "no_further_action",
}
"""The state that a client is told, by how a request ended."""

UPDATED = "investigating"
"""The state of an open request that was answered."""


def order(request: Request, state: str, text: str, author: str, at: datetime | None) -> Order:
    """What staff wants who sends this state and text. Raises Open311Error (400) for a state that is none."""
    state = state.lower() or "open"
    if state in CLOSING:
        return Order(status="closed", author=author, at=at, resolution=CLOSING[state], answer=text or None)
    if state not in STILL_OPEN:
        raise Open311Error(400, f"status {state[:50]!r} is none of {', '.join(sorted({*CLOSING, *STILL_OPEN}))}")
    if request.closed_at is not None:
        return Order(status="reopened", author=author, at=at)
    if text:
        return Order(status="answered", author=author, at=at, answer=text)
    return Order(status="acknowledged", author=author, at=at)


def told(row: asyncpg.Record) -> dict[str, Any]:
    """An answer or a closing, as a client reads it; the same each time it is asked for."""
    return {
        "update_id": str(row["id"] or _closing_id(row["request_id"], row["at"])),
        "service_request_id": str(row["request_id"]),
        "status": STATES.get(row["resolution"] or "", UPDATED),
        "updated_datetime": row["at"].isoformat().replace("+00:00", "Z"),
        "description": row["text"] or "",
        "media_url": "",
    }


def document(update_id: str) -> list[Mapping[str, str]]:
    """The answer to an update that was taken."""
    return [{"update_id": update_id}]


def _closing_id(request_id: UUID, at: datetime) -> UUID:
    """A closing without an answer has no row of its own."""
    return uuid5(request_id, at.isoformat())
