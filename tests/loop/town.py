"""A town's input, given through feedback's own handlers: what its HTTP routes call, with times of one's choice."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import cycle
from typing import Any
from uuid import UUID

import asyncpg

from services.feedback.idempotency.domain import Answer
from services.feedback.me.givings import GIVINGS
from services.feedback.notes import handlers as notes
from services.feedback.notes.domain import Note
from services.feedback.ratings.domain import Rating
from services.feedback.ratings.handlers import Given, give, take_back
from services.feedback.requests.domain import IllegalStep, ImpossibleTime, Order, Request, due
from services.feedback.requests.handlers import make, move
from services.feedback.requests.states import PROGRESS
from shared.contracts import catalog
from shared.contracts.base import Contract
from shared.contracts.catalog import (
    CapacityReportChanged,
    DistrictChanged,
    JurisdictionChanged,
    ObjectiveChanged,
    OrganisationChanged,
    PartnershipChanged,
    RegionChanged,
    ServiceChanged,
)
from shared.contracts.catalog.actors import Partner, Term
from shared.contracts.catalog.capacity import Skill
from shared.contracts.catalog.common import ClosedPeriod, Money
from shared.contracts.catalog.direction import Figure, Indicator
from shared.contracts.catalog.places import Area
from shared.contracts.catalog.services import LocalTarget, Open311
from shared.ids import uuid7
from shared.outbox.append import append, outgoing

NOW = datetime.now(UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)
CHANNELS = ("web", "phone", None)
"""By which input comes, in turn."""
SERVICES = {"town.potholes": 86_400, "town.lamps": 7 * 86_400, "town.trees": None}
"""Their resolution targets in seconds."""
DISTRICTS = {"town.north": 6_000, "town.south": 3_000, "town.harbour": None}
"""Their inhabitants."""
WHOLE = Area(type="Polygon", coordinates=[[[0.0, 0.0], [0.3, 0.0], [0.3, 0.1], [0.0, 0.1], [0.0, 0.0]]])
ENDINGS = ("resolved", "resolved", "resolved", "declined", "duplicate", "invalid")
LIFE = ("acknowledged", "progressed", "answered", "answered", "closed", "reopened", "closed")
ASPECTS = ("tangibles", "reliability", "responsiveness", "assurance", "empathy")


def catalogue() -> Iterator[tuple[str, Contract]]:
    """What the catalogue tells of the town, by id; the services twice."""
    new: dict[str, Any] = {"version": 1, "changed_at": NOW}
    yield "town", JurisdictionChanged(id="town", name="Town", time_zone="UTC", geometry=WHOLE, **new)
    yield "town.works", OrganisationChanged(id="town.works", jurisdiction_id="town", name="Works", **new)
    for name, population in DISTRICTS.items():
        district = DistrictChanged(
            id=name, jurisdiction_id="town", name=name, population=population, geometry=WHOLE, **new
        )
        yield name, district
    for version in (1, 2):
        yield from ((name, service(name, version)) for name in SERVICES)
    yield "coast", RegionChanged(id="coast", name="Coast", jurisdiction_ids=("town",), **new)
    yield from ((each.id, each) for each in (*aims(), *means()))


def aims() -> Iterator[ObjectiveChanged]:
    """What the town wants of its lamps: one figure that it reports itself, and one of the scores."""
    new: dict[str, Any] = {"version": 1, "changed_at": NOW, "jurisdiction_id": "town"}
    begun, end = TODAY - 100 * DAY, TODAY + 100 * DAY
    yield ObjectiveChanged(
        id="town.fewer-outages",
        name="Fewer outages",
        indicator=Indicator(source="reported", code="outages"),
        baseline=Figure(value=Decimal(90), on=begun),
        target=Figure(value=Decimal("44.5"), on=end),
        reported=(Figure(value=Decimal("80.25"), on=TODAY - 5 * DAY), Figure(value=Decimal(1), on=TODAY + DAY)),
        service_ids=("town.lamps", "town.potholes"),
        **new,
    )
    for code, unit, before, after in (("on-time", None, "0.1", "0.9"), ("legitimacy", "points", "10", "90")):
        yield ObjectiveChanged(
            id=f"town.better-{code}",
            name=f"Better {code}",
            indicator=Indicator(source="metrics", code=code, unit=unit),
            baseline=Figure(value=Decimal(before), on=begun),
            target=Figure(value=Decimal(after), on=end),
            service_ids=("town.lamps",),
            **new,
        )


def means() -> Iterator[CapacityReportChanged | PartnershipChanged]:
    """With what and with whom the town works."""
    new: dict[str, Any] = {"version": 1, "changed_at": NOW, "jurisdiction_id": "town"}
    yield CapacityReportChanged(
        id="town.works-last-year",
        name="Works, last year",
        organisation_id="town.works",
        service_id="town.potholes",
        period=ClosedPeriod(starts_on=TODAY - 366 * DAY, ends_on=TODAY - 2 * DAY),
        staff=Decimal("12.50"),
        vacancies=Decimal(2),
        skills=(Skill(skill="asphalt", available=Decimal(3), needed=Decimal(4)),),
        budget_planned=Money(amount=50_000_00, currency="EUR"),
        budget_spent=Money(amount=55_000_00, currency="EUR"),
        cases_planned=30,
        cases_handled=28,
        **new,
    )
    yield PartnershipChanged(
        id="town.bright",
        name="Bright",
        kind="consortium",
        partners=(Partner(organisation_id="town.works", cost_share=Decimal(60)), Partner(organisation_id="town.uni")),
        service_ids=("town.lamps",),
        terms=(Term(starts_on=TODAY - 50 * DAY),),
        **new,
    )


def service(name: str, version: int) -> ServiceChanged:
    target = SERVICES[name]
    return ServiceChanged(
        id=name,
        jurisdiction_id="town",
        name=name,
        status="active",
        version=version,
        changed_at=NOW,
        resolution_target=target,
        first_answer_target=3_600 if target else None,
        targets=(LocalTarget(district_id="town.harbour", resolution_target=60),) if target else (),
        open311=Open311(group="Streets") if target else None,
    )


async def erase(connection: asyncpg.Connection, person: str) -> None:
    """All that somebody gave, as they asked, a few inputs to a transaction."""
    for giving in GIVINGS:
        inputs = 1
        while inputs:
            async with connection.transaction():
                inputs, events = await giving.erase(connection, [person], 2, NOW)
                await append(connection, events)


async def write_catalogue(connection: asyncpg.Connection) -> None:
    async with connection.transaction():
        await append(connection, [outgoing(catalog.TOPIC, name, event, NOW) for name, event in catalogue()])


class Town:
    """Gives input; the same each time for one seed."""

    def __init__(self, connection: asyncpg.Connection, seed: int = 1) -> None:
        self.connection = connection
        self._chance = random.Random(seed)
        self._channels = cycle(CHANNELS)

    async def live(self, requests: int, ratings: int) -> None:
        """That many requests, each with a life, and ratings, some of which are replaced or withdrawn.

        Some who asked for something have all of theirs erased, and what others added to it goes with it.
        """
        made = [await self.request() for _ in range(requests)]
        for number, request in enumerate(made):
            await self.go_through(request, [step for step in LIFE if self._chance.random() < 0.7])
            if number % 5 == 0:
                await self.add_note(request, withdraw=number % 3 == 0)
        given = [await self.rating() for _ in range(ratings)]
        for number, rating in enumerate(given[::4]):
            newest = await self.think_better_of(rating)
            if number % 2:
                await self.withdraw(newest)
        await self.withdraw(given[1])
        for person in [each.contributor for each in made[::10]] + [each.contributor for each in given[::10]]:
            await erase(self.connection, person)

    async def request(self, service: str | None = None, ago: timedelta | None = None) -> Request:
        """A new request of the last 400 days."""
        service = service or self._chance.choice(list(SERVICES))
        opened = NOW - (ago or timedelta(microseconds=self._chance.randrange(400 * 86_400 * 10**6)))
        request = Request(
            id=uuid7(),
            jurisdiction_id="town",
            service_id=service,
            district_id=self._chance.choice([*DISTRICTS, None]),
            contributor=self._somebody(),
            opened_at=opened,
            moved_at=opened,
            due_at=due(opened, SERVICES[service]),
            answer_due_at=due(opened, 3_600 if SERVICES[service] else None),
            channel=next(self._channels),
        )
        async with self.connection.transaction():
            await make(self.connection, [request])
        return request

    async def go_through(self, request: Request, steps: Sequence[str]) -> None:
        """The steps that are possible, at once or up to a month after each other."""
        at = request.opened_at
        for step in steps:
            at += timedelta(seconds=self._chance.choice([0, 600, 40_000, 3_000_000]))
            try:
                await self.step(request, step, at)
            except (IllegalStep, ImpossibleTime):
                continue

    async def step(self, request: Request, status: str, at: datetime, resolution: str | None = None) -> None:
        """What staff says of a request."""
        ending = resolution or self._chance.choice(ENDINGS)
        order = Order(
            status=status,
            author="staff",
            at=at,
            resolution=ending if status == "closed" else None,
            answer="We are on it." if status == "answered" else None,
            state=self._chance.choice(PROGRESS) if status == "progressed" else None,
        )
        async with self.connection.transaction():
            done = await move(self.connection, request.id, order, NOW, lambda _: Answer(200, b""))
            await append(self.connection, done.events)

    async def add_note(self, request: Request, *, withdraw: bool) -> None:
        """Somebody adds something to a request, and perhaps takes it back."""
        at = request.opened_at + DAY
        note = Note(
            id=uuid7(), request_id=request.id, at=at, text="Still there.", contributor=self._somebody(),
            channel=next(self._channels),
        )  # fmt: skip
        async with self.connection.transaction():
            await append(self.connection, await notes.add(self.connection, note, request))
        if withdraw:
            async with self.connection.transaction():
                gone = await notes.withdraw(self.connection, request.id, note.id, note.contributor or "", at + DAY)
                await append(self.connection, gone)

    async def rating(self, service: str | None = None, ago: timedelta | None = None) -> Rating:
        """A rating by somebody new, of the last 300 days but ten."""
        rating = Rating(
            id=uuid7(),
            jurisdiction_id="town",
            service_id=service or self._chance.choice(list(SERVICES)),
            district_id=self._chance.choice([*DISTRICTS, None]),
            contributor=self._somebody(),
            value=self._chance.randint(1, 5),
            aspects={aspect: self._chance.randint(1, 5) for aspect in ASPECTS if self._chance.random() < 0.4} or None,
            given_at=NOW - (ago or timedelta(seconds=self._chance.randrange(10 * 86_400, 300 * 86_400))),
            channel=next(self._channels),
        )
        await self._give(rating)
        return rating

    async def rate(
        self, service: str, value: int, at: datetime, district: str | None = None, channel: str | None = None
    ) -> None:
        """Somebody new says no more than a value."""
        new = Rating(
            id=uuid7(), jurisdiction_id="town", service_id=service, district_id=district, contributor=self._somebody(),
            value=value, given_at=at, channel=channel,
        )  # fmt: skip
        await self._give(new)

    async def think_better_of(self, old: Rating) -> Rating:
        """The same contributor's next rating, which replaces the first."""
        new = replace(old, id=uuid7(), value=6 - old.value, given_at=old.given_at + 3 * DAY)
        await self._give(new)
        return new

    async def withdraw(self, rating: Rating) -> None:
        async with self.connection.transaction():
            await take_back(self.connection, rating.id, lambda _: True, rating.given_at + DAY)

    async def _give(self, rating: Rating) -> None:
        async with self.connection.transaction():
            await give(self.connection, [Given(rating, may_replace=True)])

    def _somebody(self) -> str:
        return UUID(int=self._chance.getrandbits(128)).hex
