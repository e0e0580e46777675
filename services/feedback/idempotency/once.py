"""What is done once for an idempotency key, in one transaction with the answer and the events."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.idempotency import store
from services.feedback.idempotency.domain import Answer, Claim, Kept, same_answer
from services.feedback.people import acting
from services.feedback.people import store as people
from shared.database import connection, transaction
from shared.outbox.append import Outgoing, append

ATTEMPTS = 5

RACES = (asyncpg.UniqueViolationError, asyncpg.TransactionRollbackError)
"""Another process wrote the same thing at the same time: to be tried again, on what it left."""


class Done(NamedTuple):
    """What to answer, and what others are to learn."""

    answer: Answer
    events: Sequence[Outgoing] = ()


class _Taken(Exception):
    """Somebody else has just used the key."""


Act = Callable[[asyncpg.Connection], Awaitable[Done]]
"""Reads, decides and writes. It may raise, and then nothing has happened; it neither commits nor appends events."""


async def once(engine: AsyncEngine, claim: Claim | None, act: Act) -> Answer:
    """Acts, and answers after the commit; where the key has been used for the same request, with its first answer.

    Raises KeyReused, Erased where the known giver who acts is erased by now, or what `act` raises.
    """
    for attempt in range(1, ATTEMPTS + 1):
        if claim is not None and (kept := await _kept(engine, claim)):
            return same_answer(kept, claim)
        try:
            async with transaction(engine) as database:
                return await _act(database, claim, act)
        except (_Taken, *RACES):
            if attempt == ATTEMPTS:
                raise
        except Exception:
            # Sent twice at once, the second one may find done what it was to do.
            if claim is None or not (kept := await _kept(engine, claim)):
                raise
            return same_answer(kept, claim)
    raise AssertionError("the last attempt answers or raises")


async def _act(database: asyncpg.Connection, claim: Claim | None, act: Act) -> Answer:
    await people.must_be_known(database, acting.mark.get())
    done = await act(database)
    if claim is not None and not await store.claim(database, [Kept(claim, done.answer)]):
        raise _Taken
    await append(database, done.events)
    return done.answer


async def _kept(engine: AsyncEngine, claim: Claim) -> Kept | None:
    async with connection(engine) as database:
        return (await store.recall(database, [claim])).get((claim.scope, claim.key))
