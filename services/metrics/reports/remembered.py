"""The reports asked for last: each holds as long as nothing that it rests on has changed."""

from collections import OrderedDict
from datetime import date
from typing import NamedTuple, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.homes.home import Home
from services.metrics.homes.store import home_of
from services.metrics.reports.content import Report
from services.metrics.scores.days import Period
from services.metrics.scores.store import reading, version_of

REMEMBERED = 16

K = TypeVar("K")
V = TypeVar("V")


class Question(NamedTuple):
    """Of which city, by which scorecard, and of which period, up to its last day. `lang` is the language asked for."""

    jurisdiction_id: str
    card: str
    period: Period
    last: date
    lang: str | None


class State(NamedTuple):
    """All that a report rests on: a number that changes with all that scores rest on, and how the city shows itself."""

    version: int
    home: Home


class Reports:
    """Reports, and what was made of them, by the digest of what they were set from."""

    def __init__(self) -> None:
        self._reports: OrderedDict[Question, tuple[State, Report]] = OrderedDict()
        self.made: OrderedDict[str, bytes] = OrderedDict()

    def find(self, question: Question, state: State) -> Report | None:
        """What the report says; None if it is to be worked out."""
        of, found = self._reports.get(question, (None, None))
        return found if of == state else None

    def keep(self, question: Question, state: State, report: Report) -> None:
        """Remembers it. `state` was read before whatever the report rests on."""
        _keep(self._reports, question, (state, report))

    def keep_made(self, digest: str, made: bytes) -> None:
        """Remembers a page or a PDF."""
        _keep(self.made, digest, made)


def _keep(remembered: OrderedDict[K, V], key: K, value: V) -> None:
    remembered[key] = value
    remembered.move_to_end(key)
    if len(remembered) > REMEMBERED:
        remembered.popitem(last=False)


async def state_of(engine: AsyncEngine, jurisdiction_id: str) -> State | None:
    """The state of what is known of a jurisdiction; None if nothing is."""
    async with reading(engine) as database:
        version = await version_of(database, jurisdiction_id)
        return None if version is None else State(version, await home_of(database, jurisdiction_id))
