"""Who gives input: a contributor known by a receipt token, or a new one; and the idempotency key that came along."""

import hashlib
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from fastapi import Request, Response
from pydantic import BaseModel

from services.feedback.headers import header
from services.feedback.idempotency.domain import Answer, Claim
from services.feedback.parts import Parts
from services.feedback.people.domain import Identity
from services.feedback.people.door import IDENTITY
from services.feedback.receipts import Receipts
from shared.auth import Caller, optional_caller
from shared.problems import Problem

ANONYMOUS = "anonymous"
LONGEST_KEY = 255
MADE_AT = "civicloop.made_at"
"""Of a scope: when its input was given, where that is not now."""


class Giver(NamedTuple):
    """A contributor. `known` is true where a receipt token says who; `scope` is that of idempotency keys."""

    contributor: UUID
    known: bool
    scope: str


def identity(request: Request) -> Identity | None:
    """Who sends `request`, where they show it. Raises ForgedToken, Erased, or what kept us from finding out."""
    found: Identity | Exception | None = request.scope[IDENTITY]
    if isinstance(found, Exception):
        raise found
    return found


async def giver(request: Request) -> Giver:
    """Who gives what comes with `request`. Raises as `identity`, or a problem where an API key is wrong."""
    known = identity(request)
    if known is not None:
        return Giver(known.contributor, True, str(known.contributor))
    if header(request, b"authorization") is None:
        return Giver(uuid4(), False, ANONYMOUS)
    caller = await optional_caller(request)
    return Giver(uuid4(), False, ANONYMOUS if caller is None else scope_of(caller))


def given_at(request: Request) -> datetime:
    """When what comes with `request` was given: now, or earlier where an app that was offline sends it late."""
    return made_at(request) or datetime.now(UTC)


def made_at(request: Request) -> datetime | None:
    """When an app that may have been offline says that it was given; None of what comes at once."""
    said: datetime | None = request.scope.get(MADE_AT)
    return said


def comes_late(request: Request) -> bool:
    """Whether an app sends it that may have been offline, so that it may be older than what is here."""
    return MADE_AT in request.scope


def scope_of(caller: Caller) -> str:
    """The scope of a staff member's idempotency keys."""
    return f"key:{caller.key_id}"


def shown(request: Request) -> Identity:
    """Who sends `request`; a problem where they do not show it. Raises as `identity`."""
    known = identity(request)
    if known is None:
        detail = "Send the receipt token that you got when you gave it, as the header 'Receipt-Token', or sign in"
        raise Problem(401, "receipt-token-needed", "Whose is it?", detail, headers={"WWW-Authenticate": "Bearer"})
    return known


def holder(request: Request) -> UUID:
    """The contributor who sends `request`; a problem where they do not show it. Raises as `identity`."""
    return shown(request).contributor


def voter(request: Request, here: Parts) -> UUID:
    """Who may support and vote: a holder, and where the installation wants it, only one who is signed in."""
    known = shown(request)
    if here.votes_need_account and known.signed_in_at is None:
        detail = "Sign in, and send the token that you got as 'Authorization: Bearer ...'"
        raise Problem(403, "account-needed", "This is for those who are signed in", detail)
    return known.contributor


def claim(request: Request, scope: str, body: BaseModel) -> Claim | None:
    """The idempotency key of a request, for what it says whatever way it is spelt; None without one."""
    key = header(request, b"idempotency-key")
    if key is None:
        return None
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise Problem(400, "bad-idempotency-key", "The Idempotency-Key is not usable", "1 to 255 ASCII characters")
    said = f"{request.method} {request.url.path} {body.model_dump_json()}"
    return Claim(scope, key, hashlib.sha256(said.encode()).digest())


def response(answer: Answer, receipts: Receipts) -> Response:
    """An answer as it goes out: with the receipt token, if one belongs to it, as its last member."""
    body = answer.body
    if answer.contributor is not None:
        body = body[:-1] + b',"receipt_token":"' + receipts.token(answer.contributor).encode() + b'"}'
    return Response(body, answer.status, media_type="application/json")
