"""Networks and figures that were computed, by the version of the network that they are of."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from services.catalog.network.domain import Network
from services.catalog.network.figures import Figures

T = TypeVar("T")


class Latest(Generic[T]):
    """What was asked for last. Who asks for what is being computed waits for it, and does not compute it too."""

    def __init__(self, most: int, at_once: int) -> None:
        """Keeps up to `most`, and computes up to `at_once` at the same time."""
        self._most = most
        self._turns = asyncio.Semaphore(at_once)
        self._known: OrderedDict[Hashable, asyncio.Task[T]] = OrderedDict()

    async def get(self, key: Hashable, compute: Callable[[], Awaitable[T]]) -> T:
        """What belongs to a key, which names scope and version; computed where not known, also once nobody waits."""
        task = self._known.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = self._known[key] = asyncio.ensure_future(self._in_turn(compute))
        self._known.move_to_end(key)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return await asyncio.shield(task)

    async def _in_turn(self, compute: Callable[[], Awaitable[T]]) -> T:
        async with self._turns:
            return await compute()


class FiguresCache:
    """Some whole networks, which take megabytes each, and the figures of more of their parts."""

    def __init__(self) -> None:
        self.networks: Latest[Network] = Latest(most=4, at_once=2)
        self.figures: Latest[Figures] = Latest(most=64, at_once=2)
