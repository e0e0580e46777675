"""Work with large libraries, done by a process of its own, so that the one that serves stays small.

It is begun when first needed, and again should it die. It ends when nothing was asked of it for a while, so that what
its libraries took is given back, and when it hangs. What it is sent and what it answers are plain values; the functions
import their libraries when they run.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context, parent_process
from typing import Any, TypeVar

from shared.problems import Problem

SECONDS = 120
IDLE_SECONDS = 60
MOST_WAITING = 20

R = TypeVar("R")


class Apart:
    """Runs one function at a time."""

    def __init__(self, seconds: float = SECONDS, idle_seconds: float = IDLE_SECONDS) -> None:
        self._seconds = seconds
        self._idle_seconds = idle_seconds
        self._pool: ProcessPoolExecutor | None = None
        self._process = 0
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._ending: asyncio.TimerHandle | None = None

    async def run(self, function: Callable[..., R], *arguments: Any) -> R:
        """What a function of a module gives, computed in the other process.

        A problem where too many are waiting, or where it takes too long.
        """
        if self._waiting >= MOST_WAITING:
            raise Problem(503, "too-busy", "Too many are waiting for this", "Come again in a minute")
        self._waiting += 1
        try:
            async with self._turn:
                self._stay()
                try:
                    return await self._run(function, *arguments)
                finally:
                    self._ending = asyncio.get_running_loop().call_later(self._idle_seconds, self.close)
        finally:
            self._waiting -= 1

    async def _run(self, function: Callable[..., R], *arguments: Any) -> R:
        try:
            return await self._submit(function, *arguments)
        except BrokenProcessPool:
            self.close()
            return await self._submit(function, *arguments)

    async def _submit(self, function: Callable[..., R], *arguments: Any) -> R:
        pool = await self._begun()
        work = asyncio.get_running_loop().run_in_executor(pool, function, *arguments)
        try:
            done, _ = await asyncio.wait([work], timeout=self._seconds)
        except asyncio.CancelledError:
            self._kill()
            raise
        if not done:
            self._kill()
            raise Problem(503, "too-busy", "That takes too long", f"more than {self._seconds} seconds")
        return await work

    async def _begun(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_begin)
            self._process = await asyncio.get_running_loop().run_in_executor(self._pool, os.getpid)
        return self._pool

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)
        self.close()

    def _stay(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None

    def close(self) -> None:
        """Ends the process, if there is one."""
        self._stay()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _begin() -> None:
    """The process ends with the one that it serves, however that one ends, and not with Ctrl-C before it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(0)
