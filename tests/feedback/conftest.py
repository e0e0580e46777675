"""Feedback on a real database, spoken to over HTTP, its writers running as in service."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.feedback.app import create_app
from services.feedback.directory.store import store
from services.feedback.settings import FeedbackSettings
from shared.auth import ensure_key, new_key
from shared.contracts.base import Contract
from shared.contracts.catalog import (
    DistrictChanged,
    JurisdictionChanged,
    OrganisationChanged,
    RegionChanged,
    ServiceChanged,
)
from shared.contracts.catalog.places import Area
from shared.contracts.catalog.services import Attribute, AttributeValue, Open311
from shared.contracts.feedback import TOPIC
from shared.contracts.registry import decode
from shared.database import connection, transaction
from shared.migrate import upgrade

NUMBERS = itertools.count(1)
DAY, HOUR = 86_400, 3_600

Events = Callable[[str], Awaitable[list[Contract]]]


@pytest.fixture(scope="session")
def settings(fresh_database: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> FeedbackSettings:
    """Settings of a feedback service whose database is migrated and empty."""
    url = fresh_database("feedback")
    upgrade("feedback", url)
    media = tmp_path_factory.mktemp("media").as_uri()
    return FeedbackSettings(database_url=url, secret="5e" * 32, media_url=media)


@pytest.fixture
async def feedback(settings: FeedbackSettings) -> AsyncIterator[FastAPI]:
    """A running API process."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def other_feedback(settings: FeedbackSettings) -> AsyncIterator[FastAPI]:
    """A second API process of the same service."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def citizen(feedback: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a key or an account."""
    async with client_of(feedback) as client:
        yield client


@pytest.fixture
async def neighbour(other_feedback: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody whom the second process serves."""
    async with client_of(other_feedback) as client:
        yield client


@pytest.fixture
async def clerk(feedback: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A member of staff."""
    async with client_of(feedback) as client:
        client.headers["Authorization"] = f"Bearer {await _key(feedback, 'feedback:staff')}"
        yield client


@pytest.fixture
async def importer(feedback: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a key that does not make them staff."""
    async with client_of(feedback) as client:
        client.headers["Authorization"] = f"Bearer {await _key(feedback, 'feedback:import')}"
        yield client


def client_of(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://feedback")


async def _key(app: FastAPI, scope: str) -> str:
    key = new_key()
    async with connection(app.state.engine) as database:
        await ensure_key(database, key, scope, [scope])
    return key


@pytest.fixture
async def city(feedback: FastAPI) -> str:
    """A jurisdiction with the districts north and south."""
    name = f"city-{next(NUMBERS)}"
    told: dict[str, Any] = {"version": 1, "changed_at": datetime.now(UTC)}
    states: list[Contract] = [JurisdictionChanged(id=name, name="A city", time_zone="Europe/Vienna", **told)]
    for part in ("north", "south"):
        states.append(DistrictChanged(id=f"{name}.{part}", jurisdiction_id=name, name=part, **told))
    async with transaction(feedback.state.engine) as database:
        await store(database, states)
    return name


@pytest.fixture
async def lamps(feedback: FastAPI, city: str) -> str:
    """A service that means to answer within an hour and to be done within a day."""
    return await tell_of_service(feedback, city, "lamps")


async def tell_of_service(app: FastAPI, city: str, name: str, status: str = "active", **more: Any) -> str:
    """The catalogue tells of a service."""
    state = ServiceChanged(
        id=f"{city}.{name}",
        jurisdiction_id=city,
        name=name,
        status=status,
        version=1,
        changed_at=datetime.now(UTC),
        resolution_target=DAY,
        first_answer_target=HOUR,
        **more,
    )
    async with transaction(app.state.engine) as database:
        await store(database, [state])
    return state.id


@pytest.fixture
def events(feedback: FastAPI) -> Events:
    """What was published of a service, as the contracts have it, in order."""

    async def of(service_id: str) -> list[Contract]:
        async with connection(feedback.state.engine) as database:
            rows = await database.fetch(
                "SELECT aggregatetype, type, payload FROM outbox WHERE aggregateid = $1 ORDER BY seq", service_id
            )
        assert {row["aggregatetype"] for row in rows} <= {TOPIC}
        return [decode(row["type"], row["payload"]) for row in rows]

    return of


QUESTIONS = Open311(
    group="Streets",
    attributes=(
        Attribute(
            code="KIND", datatype="singlevaluelist", description={"en": "Which kind?"}, required=True, order=2,
            values=(AttributeValue(key="led", name={"en": "LED"}), AttributeValue(key="gas", name={"en": "Gas"})),
        ),
        Attribute(
            code="SIGNS", datatype="multivaluelist", description={"en": "What is seen?"}, order=1,
            values=(AttributeValue(key="1", name={"en": "Smoke"}), AttributeValue(key="2", name={"en": "Sparks"})),
        ),
        Attribute(code="POLES", datatype="number", description={"en": "How many?"}, order=3),
        Attribute(code="SINCE", datatype="datetime", description={"en": "Since when?"}, order=4),
        Attribute(code="NOTE", datatype="text", description={"en": "Please do not climb"}, variable=False, order=5),
    ),
)  # fmt: skip


def square(west: float, east: float) -> Area:
    ring = [[west, 48.0], [east, 48.0], [east, 49.0], [west, 49.0], [west, 48.0]]
    return Area(type="Polygon", coordinates=[ring])


@pytest.fixture
async def poles(feedback: FastAPI, city: str) -> str:
    """A service with questions, in a city whose areas are known."""
    return await tell_of_poles(feedback, city)


async def tell_of_poles(app: FastAPI, city: str) -> str:
    """The catalogue tells of a city with its areas, and of a service with questions."""
    told: dict[str, Any] = {"version": 2, "changed_at": datetime.now(UTC)}
    here = told | {"jurisdiction_id": city}
    zone = {"time_zone": "Europe/Vienna", "name": "A city"}
    states = [
        JurisdictionChanged(id=city, geometry=square(16.0, 17.0), **zone, **told),
        DistrictChanged(id=f"{city}.north", name="north", geometry=square(16.0, 16.5), **here),
        DistrictChanged(id=f"{city}.south", name="south", geometry=square(16.5, 17.0), **here),
        OrganisationChanged(id=f"{city}.lights", name="Lights department", **here),
        RegionChanged(id=f"{city}.region", name="what feedback does not keep", **told),
    ]
    async with transaction(app.state.engine) as database:
        await store(database, states)
    return await tell_of_service(
        app, city, "poles", organisation_id=f"{city}.lights", keywords=("light", "pole"), open311=QUESTIONS,
        description="Poles that lean", language="en", translations={},
    )  # fmt: skip
