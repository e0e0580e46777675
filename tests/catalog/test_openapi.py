"""The catalogue answers as its OpenAPI document says, whatever is asked and given."""

import asyncio
from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pytest
from schemathesis import Case

from services.catalog.app import create_app
from services.catalog.settings import CatalogSettings
from shared.auth import ensure_key, new_key
from shared.database import connection
from tests.catalog.samples import whole_city
from tests.openapi import Asked, few_or_many, hold_sequences, schema_of, served

SCHEMA = schema_of(create_app(CatalogSettings(database_url="postgresql://nowhere/catalog")))
CITY = "openapi-city"
WHOLE = "openapi-whole"


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
        for plural, entities in whole_city(WHOLE).items():
            for given in entities:
                answer = clerk.post(f"/v1/{plural}", json=given)
                assert answer.status_code == 201, answer.text
        known = {"jurisdiction_id": CITY, "organisation_id": parks["id"], "service_id": mowing["id"]}
        yield Asked(address, key, known)


@SCHEMA.parametrize()
@few_or_many(2)
def test_every_operation_answers_as_the_document_says(case: Case, asked: Asked) -> None:
    asked.hold(case)


NUMBERS = count(1900)


def another(plural: str) -> dict[str, Any]:
    """One more of a kind, of another year where there can be one a year."""
    number = next(NUMBERS)
    year = {"starts_on": f"{number}-01-01", "ends_on": f"{number}-12-31"}
    given = whole_city(WHOLE)[plural][0] | {"id": f"{plural}-{number}"}
    return given | ({"period": year} if plural == "capacity-reports" else {})


@pytest.mark.parametrize("plural", whole_city(WHOLE))
def test_what_is_made_is_read_and_changed_as_the_document_says(plural: str, asked: Asked) -> None:
    hold_sequences(SCHEMA, f"/v1/{plural}", lambda: another(plural), asked, 1)
