"""What can be done with service requests, each inside one transaction that ends with its events."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done
from services.feedback.invitations import handlers as invitations
from services.feedback.media import handlers as media
from services.feedback.media.domain import REQUEST, Attachment, Picture
from services.feedback.requests import publishes, store
from services.feedback.requests.domain import (
    NoSuchRequest,
    Order,
    Request,
    Step,
    carry_out,
    reopen_for_giver,
    step_time,
)
from shared.outbox.append import Outgoing, append


async def make(connection: asyncpg.Connection, requests: Sequence[Request]) -> None:
    """Stores new requests."""
    await store.insert(connection, requests)
    if any(request.media for request in requests):
        await media.attach(connection, [attachment(request) for request in requests])
    await append(connection, [publishes.request_opened(request) for request in requests])


async def add_pictures(
    connection: asyncpg.Connection, request: Request, contributor: str | None, pictures: Sequence[Picture]
) -> Request:
    """Adds pictures by its giver, or by staff (None), to a request that is locked. Raises UnusableMedia."""
    wanted = Attachment(REQUEST, request.id, contributor, [picture.id for picture in pictures])
    await media.add(connection, wanted, hidden=request.hidden)
    await store.touch(connection, request.id)
    changed = await store.find(connection, request.id)
    assert changed is not None  # it is locked
    return changed


def attachment(request: Request) -> Attachment:
    """What the pictures of a request are to belong to."""
    return Attachment(REQUEST, request.id, request.contributor, [picture.id for picture in request.media])


async def move(
    connection: asyncpg.Connection, request_id: UUID, order: Order, now: datetime, answer: Callable[[Request], Answer]
) -> Done:
    """Carries out what staff ordered. Raises NoSuchRequest, IllegalStep or ImpossibleTime."""
    moved, steps = carry_out(await locked(connection, request_id), order, now)
    return Done(answer(moved), await record(connection, moved, steps))


async def reopen(
    connection: asyncpg.Connection,
    request_id: UUID,
    check: Callable[[Request], None],
    within: timedelta,
    now: datetime,
    answer: Callable[[Request], Answer],
) -> Done:
    """Reopens a request for the one who made it. Raises what `check` raises, IllegalStep or TooLate."""
    request = await locked(connection, request_id)
    check(request)
    moved, step = reopen_for_giver(request, step_time(request, None, now), within)
    return Done(answer(moved), await record(connection, moved, [step]))


async def locked(connection: asyncpg.Connection, request_id: UUID) -> Request:
    """A request, which nobody else changes until the transaction ends. Raises NoSuchRequest."""
    request = await store.find(connection, request_id, lock=True)
    if request is None:
        raise NoSuchRequest(f"{request_id}")
    return request


async def record(connection: asyncpg.Connection, moved: Request, steps: Sequence[Step]) -> list[Outgoing]:
    """Writes where a request is now and what follows from the steps that led there; returns their events."""
    await store.move(connection, moved, steps)
    await invitations.follow(connection, moved, steps)
    return [publishes.request_stepped(moved, step) for step in steps]
