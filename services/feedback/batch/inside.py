"""Asks a route of this application, as if its own request had come for it."""

import json
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from fastapi import Request
from starlette.types import Message

from services.feedback.batch.kinds import Route
from services.feedback.givers import MADE_AT
from services.feedback.people.domain import Identity
from services.feedback.people.door import IDENTITY

log = structlog.get_logger()

KEY_OF_ITEMS = "batch:"


class Answered(NamedTuple):
    """The status and document of an answer."""

    status: int
    document: Any


async def send_to(route: Route, outer: Request, item_id: UUID, identity: Identity, made_at: datetime) -> Answered:
    """What a route answers to a contributor who gave it at that time; the id is its Idempotency-Key."""
    sent, received = json.dumps(route.body).encode(), bytearray()
    status = 0
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(sent)).encode()),
        (b"idempotency-key", f"{KEY_OF_ITEMS}{item_id}".encode()),
    ]
    copied = ("type", "asgi", "http_version", "scheme", "client", "server", "root_path", "state")
    scope = {name: outer.scope[name] for name in copied if name in outer.scope}
    scope |= {
        "method": route.method, "path": route.path, "raw_path": route.path.encode(),
        "query_string": b"", "headers": headers, IDENTITY: identity, MADE_AT: made_at,
    }  # fmt: skip

    async def receive() -> Message:
        return {"type": "http.request", "body": sent, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        received.extend(message.get("body", b""))

    try:
        await outer.app(scope, receive, send)
    except Exception:
        if not status:
            raise
        log.exception("an item of a batch fails", path=route.path)  # its answer says so, too
    return Answered(status, json.loads(bytes(received) or b"null"))
