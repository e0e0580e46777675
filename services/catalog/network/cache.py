"""Figures that were computed, by the version of the network that they are of."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from services.catalog.network.figures import Figures

MOST = 256


class FiguresCache:
    """The figures asked for last. Who asks for what is being computed waits for it, and does not compute it too."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[object, ...], asyncio.Task[Figures]] = OrderedDict()

    async def get(self, key: tuple[object, ...], compute: Callable[[], Awaitable[Figures]]) -> Figures:
        """The figures of a key, which names scope and version; computed where not known."""
        task = self._known.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = self._known[key] = asyncio.ensure_future(compute())
        self._known.move_to_end(key)
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        return await asyncio.shield(task)
