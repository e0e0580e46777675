"""The analyses asked for last: each holds as long as the standing that it is of."""

import asyncio
from collections import OrderedDict
from datetime import date
from typing import NamedTuple

from services.metrics.scores.scorecard import Scorecard
from services.metrics.sensitivity.analysis import Sensitivity, Spread, analyse
from services.metrics.sensitivity.model import Model
from services.metrics.subjects.board import Standing

REMEMBERED = 32


class Question(NamedTuple):
    """By which figure services are ranked, how far weights move, and how many first places are told the share of."""

    by: str
    spread: Spread
    top: int


class Sensitivities:
    """One is computed at a time, for it takes a core."""

    def __init__(self) -> None:
        self._remembered: OrderedDict[tuple[str, date, str, Question], tuple[Standing, Sensitivity]] = OrderedDict()
        self._lock = asyncio.Lock()

    async def of(
        self, jurisdiction_id: str, day: date, standing: Standing, card: Scorecard, question: Question
    ) -> Sensitivity:
        """The analysis of a standing."""
        key = (jurisdiction_id, day, card.label, question)
        async with self._lock:
            of, found = self._remembered.pop(key, (None, None))
            if of is not standing or found is None:
                found = await asyncio.to_thread(_analyse, standing, card, question)
            self._remembered[key] = (standing, found)
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
            return found


def _analyse(standing: Standing, card: Scorecard, question: Question) -> Sensitivity:
    return analyse(Model.of(card, standing.assessments, question.by), question.spread, question.top)
