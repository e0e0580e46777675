"""Feedback on a real database that knows Boston, spoken to over HTTP."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from fastapi import FastAPI

from deploy.cities.city import City, read_city
from deploy.local.postgres import EmbeddedPostgres
from services.feedback.app import create_app
from services.feedback.directory.store import store
from services.feedback.settings import FeedbackSettings
from shared.auth import ensure_key, new_key
from shared.contracts.base import Contract
from shared.contracts.catalog import DistrictChanged, JurisdictionChanged, ServiceChanged
from shared.database import engine, transaction
from shared.migrate import upgrade
from tests.feedback.imports.files import EXTRACT, MAPPINGS

SECRET = "00" * 32
NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def city() -> City:
    return read_city(EXTRACT.parent)


@pytest.fixture(scope="session")
def template(fresh_database: Callable[[str], str], city: City) -> str:
    """The name of a migrated database that knows Boston; nobody is connected to it."""
    url = fresh_database("imports_template")
    upgrade("feedback", url)
    asyncio.run(_teach(url, city))
    return url.partition("?")[0].rpartition("/")[2]


async def _teach(url: str, city: City) -> None:
    known = engine(url)
    async with transaction(known) as connection:
        await store(connection, _copies(city))
    await known.dispose()


@pytest.fixture
async def url(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """A database of a test's own."""
    name = f"imports_{next(NUMBERS)}"
    connection = await asyncpg.connect(postgres.url("postgres"))
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield postgres.url(name)
    # Hundreds of databases would make the server's stop a long one.
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture
async def app(url: str) -> AsyncIterator[FastAPI]:
    application = create_app(FeedbackSettings(database_url=url, secret=SECRET))
    yield application
    await application.state.engine.dispose()


def _copies(city: City) -> list[Contract]:
    """What the catalogue would have told of the city."""
    told: dict[str, Any] = {"version": 1, "changed_at": datetime.now(UTC)}
    kinds: dict[str, type[Contract]] = {
        "jurisdictions": JurisdictionChanged,
        "districts": DistrictChanged,
        "services": ServiceChanged,
    }
    entities = city.entities(EXTRACT.parent)
    home = {"jurisdiction_id": city.id}
    return [
        msgspec.convert(_known(contract, home | entity) | told, contract)
        for kind, contract in kinds.items()
        for entity in entities[kind]
    ]


def _known(kind: type[Contract], entity: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entity.items() if name in kind.__struct_fields__}


class Importer:
    """Somebody with a key who imports, and looks at what came of it."""

    def __init__(self, client: httpx.AsyncClient, database: asyncpg.Connection) -> None:
        self.client = client
        self.database = database

    async def put(self, name: str, text: str | None = None) -> httpx.Response:
        text = (MAPPINGS / f"{name}.yaml").read_text() if text is None else text
        return await self.client.put(f"/v1/mappings/{name}", content=text)

    async def post(self, body: Any, mapping: str = "boston-311", *, gzip: bool = False, **query: str) -> httpx.Response:
        headers = {"Content-Encoding": "gzip"} if gzip else {}
        return await self.client.post(
            "/v1/imports", params={"mapping": mapping, **query}, content=body, headers=headers
        )

    async def take(self, body: Any, mapping: str = "boston-311", *, gzip: bool = False, **query: str) -> dict[str, Any]:
        """The report of an import that comes to its end."""
        answer = await self.post(body, mapping, gzip=gzip, **query)
        assert answer.status_code == 200, answer.text
        report: dict[str, Any] = answer.json()
        assert report["rows"] == sum(report[part] for part in ("taken", "unchanged", "updated", "refused"))
        return report

    async def requests(self) -> dict[str, asyncpg.Record]:
        """All requests, by external id."""
        return {row["external_id"]: row for row in await self.database.fetch("SELECT * FROM request")}

    async def events(self) -> list[str]:
        """The types of all events, in the order of each part, without what all have in common."""
        rows = await self.database.fetch("SELECT type FROM outbox ORDER BY part, seq")
        return [row["type"].removeprefix("feedback.request.").removesuffix(".v1") for row in rows]


@pytest.fixture
async def anyone(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a key."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://feedback") as client:
        yield client


@pytest.fixture
async def importer(app: FastAPI, url: str, anyone: httpx.AsyncClient) -> AsyncIterator[Importer]:
    """Somebody who may import, with Boston's mapping stored."""
    database = await asyncpg.connect(url)
    key = new_key()
    await ensure_key(database, key, "importer", ["feedback:import"])
    anyone.headers["Authorization"] = f"Bearer {key}"
    found = Importer(anyone, database)
    assert (await found.put("boston-311")).status_code == 201
    yield found
    await database.close()
