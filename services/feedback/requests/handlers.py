"""What can be done with service requests, each inside one transaction that ends with its events."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from services.feedback import publishes
from services.feedback.idempotency import store as keys
from services.feedback.idempotency.domain import Answer, Claim, Kept, KeyReused, same_answer
from services.feedback.requests import store
from services.feedback.requests.domain import NoSuchRequest, Order, Request, carry_out
from shared.outbox.append import append


async def make(connection: asyncpg.Connection, requests: Sequence[Request]) -> None:
    """Stores new requests."""
    await store.insert(connection, requests)
    await append(connection, [publishes.request_opened(request) for request in requests])


async def move(
    connection: asyncpg.Connection,
    request_id: UUID,
    order: Order,
    now: datetime,
    claim: Claim | None,
    answer: Callable[[Request], Answer],
) -> Answer:
    """Carries out what staff ordered, once per idempotency key, and returns what to answer.

    Raises NoSuchRequest, IllegalStep, ImpossibleTime or KeyReused.
    """
    request = await store.find(connection, request_id, lock=True)
    if request is None:
        raise NoSuchRequest(f"{request_id}")
    if claim is not None and (kept := await _kept(connection, claim)):
        return same_answer(kept, claim)
    moved, steps = carry_out(request, order, now)
    answered = answer(moved)
    if claim is not None and not await keys.claim(connection, [Kept(claim, answered)]):
        raise KeyReused(f"{claim.key!r} came with another request just now")
    await store.move(connection, moved, steps)
    await append(connection, [publishes.request_stepped(moved, step) for step in steps])
    return answered


async def _kept(connection: asyncpg.Connection, claim: Claim) -> Kept | None:
    """What is remembered of a key. Its request is locked, so nobody is using the key for the same step now."""
    return (await keys.recall(connection, [claim])).get((claim.scope, claim.key))
