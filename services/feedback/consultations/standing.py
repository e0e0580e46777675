"""Results as they were a moment ago, so that a hundred thousand answers are not counted for everybody who looks."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from uuid import UUID

from services.feedback.consultations.schemas import ResultsView

QUICK_SECONDS = 0.05
"""What is counted in less is counted for each who asks."""

REST = 20
"""Results are good for so many times as long as they took: counting takes at most a twentieth of a core."""

REMEMBERED = 64

Key = tuple[UUID, str, int]
"""A consultation, its state, and the version of its questions."""


class Counted(NamedTuple):
    good_until: float
    view: ResultsView


class Standings:
    """Of the consultations asked for last. One is counted at a time."""

    def __init__(self) -> None:
        self._remembered: OrderedDict[Key, Counted] = OrderedDict()
        self._lock = asyncio.Lock()

    async def of(self, key: Key, count: Callable[[], Awaitable[ResultsView]]) -> ResultsView:
        """What `count` gives, or gave a moment ago."""
        async with self._lock:
            known = self._remembered.pop(key, None)
            if known is not None and known.good_until > time.monotonic():
                self._remembered[key] = known
                return known.view
            started = time.monotonic()
            view = await count()
            took = time.monotonic() - started
            if took > QUICK_SECONDS:
                self._remembered[key] = Counted(time.monotonic() + REST * took, view)
                if len(self._remembered) > REMEMBERED:
                    self._remembered.popitem(last=False)
            return view
