"""Scores as they were published last: those of today are not computed again while nothing has changed.

The scorer computes each service's score once, with all that it rests on, and says of which state of knowledge it is.
Whoever asks more often than scores can be computed is told what was published last, seconds before.
"""

import time
from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.scores.days import today
from services.metrics.subjects import store
from services.metrics.subjects.store import PublishedScore
from shared.contracts.metrics import ScoreChanged
from shared.database import connection

COMPUTED_A_SECOND = 40
"""Scores that are computed anew on being asked for; beyond, one that was published lately will do."""


class Published:
    """What the process tells of published scores."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._left = float(COMPUTED_A_SECOND)
        self._at = time.monotonic()

    async def score(self, service_id: str) -> ScoreChanged | None:
        """Today's score of a service if it is still true, or if too many are asked for; None: it is to be computed."""
        async with connection(self._engine) as database:
            found = await store.published(database, service_id)
        if found is None or not (found.current or (found.lately and self._busy())):
            return None
        return _of_today(found)

    async def all(self, jurisdiction_id: str) -> Sequence[tuple[ScoreChanged, str | None]] | None:
        """Today's scores of all services of a jurisdiction and their names, as they were published lately.

        None if the scorer has not come by: they are to be computed.
        """
        async with connection(self._engine) as database:
            found = await store.all_published(database, jurisdiction_id)
        scores = [(_of_today(each), each.name) for each in found or () if each.lately]
        held = [(score, name) for score, name in scores if score is not None]
        return held if found and len(held) == len(found) else None

    def _busy(self) -> bool:
        """Takes one of the scores that may be computed now; whether there is none left."""
        now = time.monotonic()
        self._left = min(self._left + (now - self._at) * COMPUTED_A_SECOND, COMPUTED_A_SECOND)
        self._at = now
        if self._left < 1:
            return True
        self._left -= 1
        return False


def _of_today(found: PublishedScore) -> ScoreChanged | None:
    score = msgspec.json.decode(found.body, type=ScoreChanged)
    return score if score.as_of == today() else None
