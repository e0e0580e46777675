"""What becomes of requests that are about the same thing, or about two: one goes on in another, or is split."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import asyncpg

from services.feedback.directory.domain import ANSWER, RESOLUTION, Service
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done
from services.feedback.requests import publishes, store
from services.feedback.requests.domain import IllegalStep, NoOriginal, Order, OtherJurisdiction, Request, carry_out, due
from services.feedback.requests.handlers import locked, record
from shared.ids import uuid7

Check = Callable[[Request], None]
"""Raises where whoever asks may not do this to the request."""


async def merge(
    connection: asyncpg.Connection,
    request_id: UUID,
    original_id: UUID,
    author: str,
    check: Check,
    now: datetime,
    answer: Callable[[Request], Answer],
) -> Done:
    """Closes a request as a duplicate; where the other one is a duplicate too, of its original.

    Mergers take turns, so that no two of them can close a circle. Raises NoOriginal, NoSuchRequest or IllegalStep.
    """
    await store.take_turn_to_merge(connection)
    request = await locked(connection, request_id)
    check(request)
    original = await store.original(connection, original_id)
    if original is None:
        raise NoOriginal(f"there is no request {original_id}")
    if original.jurisdiction_id != request.jurisdiction_id:
        raise OtherJurisdiction(f"request {original_id} is not in {request.jurisdiction_id}")
    if original.id == request_id:
        raise NoOriginal(f"request {original_id} is this one, or a duplicate of it")
    order = Order(status="closed", author=author, resolution="duplicate", duplicate_of=original.id)
    moved, steps = carry_out(request, order, now)
    return Done(answer(moved), await record(connection, moved, steps))


async def split(
    connection: asyncpg.Connection,
    request_id: UUID,
    service: Service,
    description: str | None,
    district_id: str | None,
    now: datetime,
    answer: Callable[[Request], Answer],
) -> Done:
    """Opens a second request for what else somebody asked for in a first one, which stays as it is.

    It is the same contributor's, at the same place, and opened now: its due times are its own. Of what moderation keeps
    from the public in the first one, such as the place of one that is hidden, nothing is in the second.
    """
    first = await locked(connection, request_id)
    if first.closed_at is not None:
        raise IllegalStep(f"request {request_id} is closed and cannot be split unless it is reopened")
    if service.jurisdiction_id != first.jurisdiction_id:
        raise OtherJurisdiction(f"service {service.id} is not in {first.jurisdiction_id}")
    second = _second(first, service, description, district_id or first.district_id, now)
    await store.insert(connection, [second])
    await store.mark_split(connection, second)
    return Done(answer(second), [publishes.request_opened(second)])


def _second(
    first: Request, service: Service, description: str | None, district_id: str | None, now: datetime
) -> Request:
    return Request(
        id=uuid7(),
        jurisdiction_id=first.jurisdiction_id,
        service_id=service.id,
        contributor=first.contributor,
        opened_at=now,
        moved_at=now,
        district_id=district_id,
        channel=first.channel,
        campaign=first.campaign,
        due_at=due(now, service.target(RESOLUTION, district_id)),
        answer_due_at=due(now, service.target(ANSWER, district_id)),
        description=description or (None if first.hidden else first.description_masked or first.description),
        address=None if first.hidden else first.address,
        latitude=None if first.hidden else first.latitude,
        longitude=None if first.hidden else first.longitude,
        split_from=first.id,
    )
