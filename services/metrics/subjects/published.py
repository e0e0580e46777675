"""Scores as they were published last: those of today are not computed again while nothing has changed.

The scorer computes each service's score once, with all that it rests on, and says of which state of knowledge it is.
Whoever asks more often than scores can be computed is told what was published last, seconds before.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.scores.days import today
from services.metrics.scores.scorecard import DEFAULT
from services.metrics.subjects import store
from services.metrics.subjects.together import Together
from shared.contracts.metrics import ScoreChanged
from shared.database import connection

SHARE = 1 / 50
"""Of all time, so much may go into computing scores anew of which one was published lately."""
SAVED_SECONDS = 1.0
"""So much of it is saved up while it is not needed."""
RESERVED_SECONDS = 0.2
"""What each computation under way may take of that: several at once as long as much is left, then one by one."""


class Published:
    """What the process tells of published scores."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._scores = Together(engine, store.published)
        self._computing = 0
        self._left = SAVED_SECONDS
        self._at = time.monotonic()

    async def score(self, service_id: str, named: str | None = None) -> bytes | None:
        """Today's score of a service as it was published, by the scorecard that is named or active.

        It is told if it is still true, or if too many are asked for; None: it is to be computed.
        """
        found = await self._scores.get(service_id)
        if found is None or found.as_of != today() or found.scorecard != (named or found.active or DEFAULT):
            return None
        return found.body if found.current or (found.lately and self._busy()) else None

    async def close(self) -> None:
        """Gives back what it holds."""
        await self._scores.close()

    async def all(self, jurisdiction_id: str) -> Sequence[tuple[ScoreChanged, str | None]] | None:
        """Today's scores of all services of a jurisdiction and their names, as they were published lately.

        None if the scorer has not come by: they are to be computed.
        """
        async with connection(self._engine) as database:
            found = await store.all_published(database, jurisdiction_id)
        day = today()
        if not found or not all(each.lately and each.as_of == day for each in found):
            return None
        return await asyncio.to_thread(lambda: [(decoded(each.body), each.name) for each in found])

    @contextmanager
    def computing(self) -> Iterator[None]:
        """While a score is computed of which one might have been published."""
        self._count()
        self._computing += 1
        try:
            yield
        finally:
            self._count()
            self._computing -= 1

    def _busy(self) -> bool:
        """Whether no more scores may be computed now."""
        self._count()
        return self._left <= RESERVED_SECONDS * self._computing

    def _count(self) -> None:
        """Adds what has become free since the last time, less what was spent."""
        now = time.monotonic()
        passed, self._at = now - self._at, now
        self._left = min(self._left + passed * (SHARE - bool(self._computing)), SAVED_SECONDS)


def decoded(body: bytes) -> ScoreChanged:
    """A published score."""
    return msgspec.json.decode(body, type=ScoreChanged)
