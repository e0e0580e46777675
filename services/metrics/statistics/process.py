"""The process that computes statistics: begun when first needed, and again should it die.

What it is sent and what it answers are plain named tuples; the functions import their libraries when they run.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from typing import Any, TypeVar

R = TypeVar("R")


class Statistics:
    """Runs one function at a time."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._lock = asyncio.Lock()

    async def run(self, function: Callable[..., R], *arguments: Any) -> R:
        """What a function of a module gives, computed in the other process."""
        async with self._lock:
            try:
                return await self._submit(function, *arguments)
            except BrokenProcessPool:
                self.close()
                return await self._submit(function, *arguments)

    async def _submit(self, function: Callable[..., R], *arguments: Any) -> R:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_begin)
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)

    def close(self) -> None:
        """Ends the process, if there is one."""
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
