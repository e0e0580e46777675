"""The catalogue answers as its OpenAPI document says, whatever is asked and given."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from schemathesis import Case

from services.catalog.app import create_app
from services.catalog.settings import CatalogSettings
from shared.auth import ensure_key, new_key
from shared.database import connection
from tests.openapi import Asked, few_or_many, schema_of, served

SCHEMA = schema_of(create_app(CatalogSettings(database_url="postgresql://nowhere/catalog")))
CITY = "openapi-city"


@pytest.fixture(scope="module")
def asked(database: str) -> Iterator[Asked]:
    app, key = create_app(CatalogSettings(database_url=database)), new_key()

    async def prepare() -> None:
        async with connection(app.state.engine) as writing:
            await ensure_key(writing, key, "everything", ["*"])
        await app.state.engine.dispose()

    asyncio.run(prepare())
    with served(app) as address, httpx.Client(base_url=address, headers={"Authorization": f"Bearer {key}"}) as clerk:
        city = {"id": CITY, "name": "Porto", "time_zone": "Europe/Lisbon"}
        parks = {"id": f"{CITY}.parks", "jurisdiction_id": CITY, "name": "Parks", "helix": "government"}
        mowing = {"id": f"{CITY}.mowing", "jurisdiction_id": CITY, "name": "Mowing", "organisation_id": f"{CITY}.parks"}
        for plural, given in (("jurisdictions", city), ("organisations", parks), ("services", mowing)):
            answer = clerk.post(f"/v1/{plural}", json=given)
            assert answer.status_code == 201, answer.text
        known = {"jurisdiction_id": CITY, "organisation_id": parks["id"], "service_id": mowing["id"]}
        yield Asked(address, key, known)


@SCHEMA.parametrize()
@few_or_many(2)
def test_every_operation_answers_as_the_document_says(case: Case, asked: Asked) -> None:
    asked.hold(case)
