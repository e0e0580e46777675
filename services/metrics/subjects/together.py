"""Many who ask at the same time are answered by one reading."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import connection

R = TypeVar("R")
Read = Callable[[asyncpg.Connection, Sequence[str]], Awaitable[Mapping[str, R]]]

KEPT_SECONDS = 1.0
"""How long a connection is kept for the next to ask: taking one from the pool costs more than a small reading."""


class Together(Generic[R]):
    """Reads by key. Whoever comes while a reading is under way waits for the next one, and so is told all that was
    committed before he asked.
    """

    def __init__(self, engine: AsyncEngine, read: Read[R]) -> None:
        self._engine = engine
        self._read = read
        self._waiting: list[tuple[str, asyncio.Future[R | None]]] = []
        self._somebody = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    async def get(self, key: str) -> R | None:
        """What stands under a key now, if anything does."""
        answer: asyncio.Future[R | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, answer))
        self._somebody.set()
        if self._reader is None:
            self._reader = asyncio.create_task(self._run())
        return await answer

    async def close(self) -> None:
        """Ends the reading."""
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader

    async def _run(self) -> None:
        """Reads while somebody asks. Where that fails on a kept connection, which may have broken since, it is done
        once more on another."""
        kept = False
        try:
            async with connection(self._engine) as database:
                while await self._asked():
                    await self._answer(database)
                    kept = True
        except Exception as error:
            if not kept:
                asked, self._waiting = self._waiting, []
                for _, answer in asked:
                    if not answer.done():
                        answer.set_exception(error)
        # Somebody may have come while the connection was given back.
        self._reader = asyncio.create_task(self._run()) if self._waiting else None

    async def _asked(self) -> bool:
        """Whether somebody asks now, or within a moment."""
        if not self._waiting:
            self._somebody.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(KEPT_SECONDS):
                    await self._somebody.wait()
        return bool(self._waiting)

    async def _answer(self, database: asyncpg.Connection) -> None:
        asked, self._waiting = self._waiting, []
        try:
            found = await self._read(database, list({key for key, _ in asked}))
        except Exception:
            self._waiting = asked + self._waiting
            database.terminate()  # nobody is to be given it again
            raise
        for key, answer in asked:
            if not answer.done():  # else whoever asked has gone
                answer.set_result(found.get(key))
