"""What can be done with calls, each inside one transaction that ends with its events."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import asyncpg

from services.feedback.calls import domain, publishes, store
from services.feedback.calls.domain import Call, NoSuchCall
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done
from shared.outbox.append import append


async def open_call(connection: asyncpg.Connection, call: Call, answer: Answer) -> Done:
    """Stores a new call."""
    await store.insert(connection, call)
    return Done(answer, [publishes.opened(call)])


async def close(
    connection: asyncpg.Connection, call_id: UUID, now: datetime, answer: Callable[[Call, store.Progress], Answer]
) -> Done:
    """Closes a call for staff. Raises NoSuchCall or CallOver."""
    call = await store.find(connection, call_id, lock="UPDATE")
    if call is None:
        raise NoSuchCall(f"{call_id}")
    closed = domain.close(call, now)
    await store.close(connection, closed)
    progress = await store.progress(connection, [call_id])
    return Done(answer(closed, progress.get(call_id, store.Progress())), [publishes.closed(closed)])


async def close_overdue(connection: asyncpg.Connection, now: datetime, limit: int) -> int:
    """Closes calls whose time is over, for the worker; returns how many."""
    closed = [domain.close(call, now) for call in await store.overdue(connection, now, limit)]
    for call in closed:
        await store.close(connection, call)
    await append(connection, [publishes.closed(call) for call in closed])
    return len(closed)
