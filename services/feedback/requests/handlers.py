"""What can be done with service requests, each inside one transaction that ends with its events."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done
from services.feedback.invitations import handlers as invitations
from services.feedback.requests import publishes, store
from services.feedback.requests.domain import NoSuchRequest, Order, Request, carry_out
from shared.outbox.append import append


async def make(connection: asyncpg.Connection, requests: Sequence[Request]) -> None:
    """Stores new requests."""
    await store.insert(connection, requests)
    await append(connection, [publishes.request_opened(request) for request in requests])


async def move(
    connection: asyncpg.Connection, request_id: UUID, order: Order, now: datetime, answer: Callable[[Request], Answer]
) -> Done:
    """Carries out what staff ordered. Raises NoSuchRequest, IllegalStep or ImpossibleTime."""
    request = await store.find(connection, request_id, lock=True)
    if request is None:
        raise NoSuchRequest(f"{request_id}")
    moved, steps = carry_out(request, order, now)
    await store.move(connection, moved, steps)
    await invitations.follow(connection, moved, steps)
    return Done(answer(moved), [publishes.request_stepped(moved, step) for step in steps])
