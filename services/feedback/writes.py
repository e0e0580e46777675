"""Many small writes as few transactions: what arrives while another is under way, or within two milliseconds.

A commit costs the same for one row as for fifty, and it is what a durable write spends its time on. Each caller is
answered only after the commit that holds its write.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import asyncpg
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.idempotency import store as keys
from services.feedback.idempotency.domain import Answer, Claim, Kept, KeyReused, same_answer
from services.feedback.idempotency.once import ATTEMPTS, RACES
from services.feedback.people import acting
from services.feedback.people import store as people
from services.feedback.people.domain import Erased
from shared.database import connection

log = structlog.get_logger()

MOST_WRITES = 50
LONGEST_WAIT = 0.002
MOST_WAITING = 2_000
WRITERS = 2
"""While one waits for its commit, the other gathers."""

GONE = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.OperatorInterventionError)
"""The database is away: trying each write on its own would only take longer to say so."""

T = TypeVar("T")

Effect = Callable[[asyncpg.Connection, Sequence[T]], Awaitable[None]]
"""Writes values and, as its last statement, their events. It may raise; it must not commit."""


class TooBusy(Exception):
    """More writes wait than could be answered in good time."""


class Write(NamedTuple, Generic[T]):
    """A value to write, and the answer once it is written. `claim` is the idempotency key that came with it.

    `alone` names what no two writes of one transaction may share, such as the row that both would replace.
    """

    value: T
    answer: Answer
    claim: Claim | None = None
    alone: tuple[Hashable, ...] = ()


@dataclass(slots=True, eq=False)
class _Waiting(Generic[T]):
    write: Write[T]
    answer: asyncio.Future[Answer]
    mark: str | None
    """Of the giver, where they are known: they may have been erased before it is written."""


class Coalescer(Generic[T]):
    """Commits writes in batches. Nothing is answered before `run`, which is to be started as a task.

    Writes go to the writers in the order in which they came; those that wait at the same time have no order.
    """

    def __init__(self, engine: AsyncEngine, effect: Effect[T]) -> None:
        self._engine = engine
        self._effect = effect
        self._queue: deque[_Waiting[T]] = deque()
        self._arrived = asyncio.Event()

    async def submit(self, write: Write[T]) -> Answer:
        """Returns once the write is committed: its answer, or the first one given to the same idempotency key.

        Raises TooBusy, KeyReused, Erased, or what the database said to this write.
        """
        if len(self._queue) >= MOST_WAITING:
            raise TooBusy(f"{MOST_WAITING} writes are waiting")
        waiting = _Waiting(write, asyncio.get_running_loop().create_future(), acting.mark.get())
        self._queue.append(waiting)
        self._arrived.set()
        return await waiting.answer

    async def run(self) -> None:
        """Works until cancelled."""
        async with asyncio.TaskGroup() as writers:
            for _ in range(WRITERS):
                writers.create_task(self._work())

    async def _work(self) -> None:
        """One writer, with a connection of its own: to borrow one for each batch costs half as much again."""
        while True:
            await self._arrived.wait()
            batch: list[_Waiting[T]] = []
            try:
                async with connection(self._engine) as database:
                    while not database.is_closed():
                        batch = await self._gather()
                        await self._commit(database, batch)
                        batch = []
                        await self._arrived.wait()
            except GONE as error:
                _fail(batch or self._take(), error)

    async def _gather(self) -> list[_Waiting[T]]:
        """Waits while the process has others to read from, but not for long; then takes a batch."""
        until = time.monotonic() + LONGEST_WAIT
        before = 0
        while before < len(self._queue) < MOST_WRITES and time.monotonic() < until:
            before = len(self._queue)
            await asyncio.sleep(0)
        return self._take()

    def _take(self) -> list[_Waiting[T]]:
        """The next batch. What may not share a transaction with it stays, in its order."""
        batch: list[_Waiting[T]] = []
        later: list[_Waiting[T]] = []
        taken: set[Hashable] = set()
        while self._queue and len(batch) < MOST_WRITES:
            waiting = self._queue.popleft()
            (later if taken.intersection(waiting.write.alone) else batch).append(waiting)
            taken.update(waiting.write.alone)
        self._queue.extendleft(reversed(later))
        if not self._queue:
            self._arrived.clear()
        return batch

    async def _commit(self, database: asyncpg.Connection, batch: list[_Waiting[T]]) -> None:
        """Answers every write. If the batch fails, each is tried on its own, so that only the culprit fails."""
        try:
            await self._attempt(database, batch)
        except GONE:
            raise
        except Exception as error:
            log.info("writes are tried one by one", writes=len(batch), error=type(error).__name__)
            for waiting in batch:
                await self._commit_alone(database, waiting)

    async def _commit_alone(self, database: asyncpg.Connection, waiting: _Waiting[T]) -> None:
        attempts = 0
        while not waiting.answer.done():
            attempts += 1
            try:
                await self._attempt(database, [waiting])
            except GONE:
                raise
            except RACES as error:
                if attempts == ATTEMPTS:
                    _fail([waiting], error)
            except Exception as error:
                _fail([waiting], error)

    async def _attempt(self, database: asyncpg.Connection, batch: list[_Waiting[T]]) -> None:
        async with database.transaction():
            known = await _of_known(database, batch)
            if not known:
                return
            answers = await write(database, [waiting.write for waiting in known], self._effect)
        for waiting, answer in zip(known, answers, strict=True):
            if not waiting.answer.done():
                _settle(waiting.answer, answer)


async def _of_known(database: asyncpg.Connection, batch: list[_Waiting[T]]) -> list[_Waiting[T]]:
    """A batch without what givers sent who are erased by now; those are told."""
    marks = {waiting.mark for waiting in batch if waiting.mark is not None}
    if not marks:
        return batch
    erased = await people.erased_among(database, marks)
    _fail([waiting for waiting in batch if waiting.mark in erased], Erased("What this token stood for was erased"))
    return [waiting for waiting in batch if waiting.mark not in erased]


def _settle(future: asyncio.Future[Answer], answer: Answer | KeyReused) -> None:
    if isinstance(answer, KeyReused):
        future.set_exception(answer)
    else:
        future.set_result(answer)


def _fail(batch: Sequence[_Waiting[T]], error: Exception) -> None:
    for waiting in batch:
        if not waiting.answer.done():
            waiting.answer.set_exception(error)


async def write(
    connection: asyncpg.Connection, writes: Sequence[Write[T]], effect: Effect[T]
) -> list[Answer | KeyReused]:
    """Writes what is new, inside a transaction, and gives each its answer; a repeated one gets its first answer."""
    repeated = await _repeated(connection, writes)
    fresh = [write.value for write in writes if write.claim is None or write.claim not in repeated]
    if fresh:
        await effect(connection, fresh)
    return [write.answer if write.claim is None else repeated.get(write.claim, write.answer) for write in writes]


async def _repeated(connection: asyncpg.Connection, writes: Sequence[Write[T]]) -> dict[Claim, Answer | KeyReused]:
    """Claims the keys of writes; for those that were taken before, what to answer."""
    wanted = [Kept(write.claim, write.answer) for write in writes if write.claim is not None]
    if not wanted:
        return {}
    taken = await keys.claim(connection, wanted)
    lost = [kept.claim for kept in wanted if (kept.claim.scope, kept.claim.key) not in taken]
    earlier = await keys.recall(connection, lost) if lost else {}
    return {claim: _answer_again(earlier[claim.scope, claim.key], claim) for claim in lost}


def _answer_again(kept: Kept, claim: Claim) -> Answer | KeyReused:
    try:
        return same_answer(kept, claim)
    except KeyReused as reused:
        return reused
