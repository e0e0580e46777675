"""What scrapers are told, remembered for a moment: several of them ask every few seconds."""

import asyncio
import time
from collections import OrderedDict

from services.metrics.exports.gauges import text
from services.metrics.publishes import score_changed
from services.metrics.scores.days import today
from services.metrics.scores.scorecard import Scorecard
from services.metrics.subjects.board import Board
from services.metrics.subjects.published import Published
from services.metrics.subjects.subject import Kind

SECONDS = 10.0
REMEMBERED = 64


class Scrapes:
    """Today's gauges by jurisdiction."""

    def __init__(self, board: Board, published: Published) -> None:
        self._board = board
        self._published = published
        self._remembered: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    async def text(self, jurisdiction_id: str, card: Scorecard) -> bytes | None:
        """By the scorecard that is active; None if nothing is known of the jurisdiction."""
        until, known = self._remembered.get(jurisdiction_id, (0.0, b""))
        if until > time.monotonic():
            return known
        made = await self._made(jurisdiction_id, card)
        if made is not None:
            self._remembered[jurisdiction_id] = (time.monotonic() + SECONDS, made)
            self._remembered.move_to_end(jurisdiction_id)
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return made

    async def _made(self, jurisdiction_id: str, card: Scorecard) -> bytes | None:
        found = await self._published.all(jurisdiction_id)
        if found and all(score.scorecard == card.label for score, _ in found):
            return await asyncio.to_thread(text, [score for score, _ in found])
        standing = await self._board.standing(Kind.SERVICE, jurisdiction_id, today(), card)
        if standing is None:
            return None
        return await asyncio.to_thread(lambda: text([score_changed(each) for each in standing.assessments]))
