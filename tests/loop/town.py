"""A town's input as feedback stores and publishes it: rows and events by feedback's own rules, in one transaction."""

import random
from collections.abc import Iterator
from dataclasses import astuple, fields, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from services.feedback import publishes
from services.feedback.ratings import domain as ratings
from services.feedback.ratings.domain import Rating
from services.feedback.requests import domain as requests
from services.feedback.requests.domain import Answered, Reopened, Request, Step
from shared.contracts import catalog
from shared.contracts.base import Contract
from shared.contracts.catalog import DistrictChanged, JurisdictionChanged, ServiceChanged
from shared.ids import uuid7
from shared.outbox.append import Outgoing, append, outgoing

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
SERVICES = {"town.potholes": 86_400, "town.lamps": 7 * 86_400, "town.trees": None}
"""Their resolution targets in seconds."""
DISTRICTS = {"town.north": 6_000, "town.south": 3_000, "town.harbour": None}
"""Their inhabitants."""
ENDINGS = ("resolved", "resolved", "resolved", "declined", "duplicate", "invalid")


def catalogue() -> Iterator[Contract]:
    """What the catalogue tells of the town, the services twice."""
    yield JurisdictionChanged(id="town", name="Town", time_zone="UTC", version=1, changed_at=NOW)
    for name, population in DISTRICTS.items():
        yield DistrictChanged(
            id=name, jurisdiction_id="town", name=name, version=1, changed_at=NOW, population=population
        )
    for version in (1, 2):
        for name, target in SERVICES.items():
            yield ServiceChanged(
                id=name,
                jurisdiction_id="town",
                name=name,
                status="active",
                version=version,
                changed_at=NOW,
                resolution_target=target,
                first_answer_target=3_600 if target else None,
            )


async def write_catalogue(connection: asyncpg.Connection) -> None:
    async with connection.transaction():
        events = [outgoing(catalog.TOPIC, str(getattr(e, "id")), e, NOW) for e in catalogue()]  # noqa: B009
        await append(connection, events)


class Town:
    """Writes input to feedback's database; the same each time for one seed."""

    def __init__(self, connection: asyncpg.Connection, seed: int = 1) -> None:
        self._connection = connection
        self._chance = random.Random(seed)

    async def live(self, requests: int, ratings: int) -> None:
        """That many requests, each with a life, and ratings, some of which replace or are withdrawn."""
        for _ in range(requests):
            await self.request()
        given = [await self.rating() for _ in range(ratings)]
        for rating in given[::4]:
            rating = await self.replace_rating(rating)
            if self._chance.random() < 0.5:
                await self.withdraw(rating)
        await self.withdraw(given[1])

    async def request(self, service: str | None = None) -> Request:
        """A request that is answered, closed and reopened, or not."""
        request = self.new_request(service)
        steps: list[Step] = []
        for wanted in ("acknowledge", "answer", "answer", "close", "reopen", "close"):
            if self._chance.random() < 0.7:
                request = self._go_on(request, wanted, steps)
        await self.write(request, steps)
        return request

    def new_request(self, service: str | None = None) -> Request:
        service = service or self._chance.choice(list(SERVICES))
        opened = NOW - timedelta(microseconds=self._chance.randrange(400 * 86_400 * 10**6))
        return Request(
            id=uuid7(),
            jurisdiction_id="town",
            service_id=service,
            district_id=self._chance.choice([*DISTRICTS, None]),
            contributor=self._person(),
            opened_at=opened,
            moved_at=opened,
            due_at=requests.due(opened, SERVICES[service]),
            answer_due_at=requests.due(opened, 3_600 if SERVICES[service] else None),
        )

    def _go_on(self, request: Request, wanted: str, steps: list[Step]) -> Request:
        at = request.moved_at + timedelta(seconds=self._chance.choice([0, 600, 40_000, 3_000_000]))
        try:
            if wanted == "acknowledge":
                request, step = requests.acknowledge(request, at)
            elif wanted == "answer":
                request, step = requests.answer(request, at, "We are on it.", "staff")
            elif wanted == "close":
                request, step = requests.close(request, at, self._chance.choice(ENDINGS))
            else:
                request, step = requests.reopen(request, at)
        except requests.IllegalStep:
            return request
        steps.append(step)
        return request

    async def write(self, request: Request, steps: list[Step]) -> None:
        """Stores a request with its whole life, and its events."""
        events = [publishes.request_opened(request), *(publishes.request_stepped(request, step) for step in steps)]
        names = [field.name for field in fields(Request) if field.name != "moved_at"]
        async with self._connection.transaction():
            values = [getattr(request, name) for name in names]
            await self._insert("request", [*names, "status"], [(*values, request.status)])
            answers = [(uuid7(), request.id, s.at, s.text, s.author) for s in steps if isinstance(s, Answered)]
            await self._insert("request_answer", ["id", "request_id", "at", "text", "author"], answers)
            undone = [(request.id, s.closed_at, s.resolution, s.at) for s in steps if isinstance(s, Reopened)]
            await self._insert("request_reopening", ["request_id", "closed_at", "resolution", "reopened_at"], undone)
            await append(self._connection, events)

    async def rating(self, service: str | None = None) -> Rating:
        """A new rating by somebody new."""
        rating = Rating(
            id=uuid7(),
            jurisdiction_id="town",
            service_id=service or self._chance.choice(list(SERVICES)),
            district_id=self._chance.choice([*DISTRICTS, None]),
            contributor=self._person(),
            value=self._chance.randint(1, 5),
            given_at=NOW - timedelta(seconds=self._chance.randrange(300 * 86_400)),
        )
        await self._store_rating(rating, publishes.rating_given(rating, None))
        return rating

    async def replace_rating(self, old: Rating) -> Rating:
        """The same contributor thinks better of it."""
        new = replace(old, id=uuid7(), value=6 - old.value, given_at=old.given_at + 3 * DAY)
        async with self._connection.transaction():
            await self._connection.execute(
                "UPDATE rating SET state = 'replaced', replaced_by = $2 WHERE id = $1", old.id, new.id
            )
            await self._store_rating(new, publishes.rating_given(new, old))
        return new

    async def withdraw(self, rating: Rating) -> None:
        withdrawn = ratings.withdraw(rating, rating.given_at + DAY)
        async with self._connection.transaction():
            statement = "UPDATE rating SET state = 'withdrawn', withdrawn_at = $2 WHERE id = $1"
            await self._connection.execute(statement, rating.id, withdrawn.withdrawn_at)
            await append(self._connection, [publishes.rating_withdrawn(withdrawn)])

    async def _store_rating(self, rating: Rating, event: Outgoing) -> None:
        async with self._connection.transaction():
            await self._insert("rating", [field.name for field in fields(Rating)], [astuple(rating)])
            await append(self._connection, [event])

    async def _insert(self, table: str, columns: list[str], records: list[tuple[object, ...]]) -> None:
        await self._connection.copy_records_to_table(table, records=records, columns=columns)

    def _person(self) -> str:
        return UUID(int=self._chance.getrandbits(128)).hex
