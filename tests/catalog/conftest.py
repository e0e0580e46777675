"""The catalogue on a real database, spoken to over HTTP."""

from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from services.catalog.app import create_app
from services.catalog.settings import CatalogSettings
from shared.auth import ensure_key, new_key
from shared.database import connection
from shared.migrate import upgrade

KEYS = {"clerk": ["catalog:write"], "importer": ["feedback:import"]}


@pytest.fixture(scope="session")
def database(fresh_database: Callable[[str], str]) -> str:
    """The URL of the catalogue's database."""
    url = fresh_database("catalog")
    upgrade("catalog", url)
    return url


@pytest.fixture
async def app(database: str) -> AsyncIterator[FastAPI]:
    application = create_app(CatalogSettings(database_url=database))
    yield application
    await application.state.engine.dispose()


@pytest.fixture
async def anyone(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a key."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://catalog") as client:
        yield client


@pytest.fixture
async def keys(app: FastAPI) -> dict[str, dict[str, str]]:
    """Headers by the name of who sends them."""
    made = {}
    for name, scopes in KEYS.items():
        key = new_key()
        async with connection(app.state.engine) as database:
            await ensure_key(database, key, name, scopes)
        made[name] = {"Authorization": f"Bearer {key}"}
    return made


@pytest.fixture
async def clerk(anyone: httpx.AsyncClient, keys: dict[str, dict[str, str]]) -> httpx.AsyncClient:
    """Somebody who may change the catalogue."""
    anyone.headers.update(keys["clerk"])
    return anyone


@pytest.fixture
async def city(clerk: httpx.AsyncClient) -> str:
    """The id of a city of the test's own, with an organisation."""
    city = f"city-{uuid4().hex[:12]}"
    made = await clerk.post("/v1/jurisdictions", json={"id": city, "name": "Porto", "time_zone": "Europe/Lisbon"})
    assert made.status_code == 201
    parks = {"id": f"{city}.parks", "jurisdiction_id": city, "name": "Parks", "helix": "government"}
    assert (await clerk.post("/v1/organisations", json=parks)).status_code == 201
    return city
