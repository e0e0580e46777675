"""Metrics answers as its OpenAPI document says, whatever is asked."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import yaml
from schemathesis import Case

from services.metrics.app import create_app
from services.metrics.settings import MetricsSettings
from shared.auth import ensure_key, new_key
from shared.database import connection, engine
from shared.migrate import upgrade
from tests.metrics import town
from tests.metrics.conftest import Metrics
from tests.metrics.test_scorecards_api import TEXT
from tests.openapi import Asked, few_or_many, hold_sequences, schema_of, served

SCHEMA = schema_of(create_app(MetricsSettings(database_url="postgresql://nowhere/metrics"))).exclude(
    path="/v1/stream"  # which never ends
)
PLACES = (
    ("/v1/services/town.potholes/score", "as_of"),
    ("/v1/services/town.potholes/explanation", "since"),
    ("/v1/services/town.potholes/history", "from"),
    ("/v1/services/town.potholes/history", "to"),
    ("/v1/rankings?jurisdiction_id=town", "as_of"),
)
NOT_DAYS = (
    "", "NaN", "Infinity", "-Infinity", "1e400", "-1", "9" * 400, "\0", "\N{FULLWIDTH DIGIT TWO}026-01-01",
    "0000-01-01", "10000-01-01", "2026-02-30", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
)  # fmt: skip
FIRST_DAYS = ("0001-01-01", "0001-01-01T23:59:59.999999Z", "1970-01-01")


@pytest.fixture(scope="module")
def asked(fresh_database: Callable[[str], str]) -> Iterator[Asked]:
    url, key = fresh_database("metrics"), new_key()
    upgrade("metrics", url)

    async def prepare() -> None:
        database = engine(url)
        async with connection(database) as writing, httpx.AsyncClient() as http:
            await ensure_key(writing, key, "everything", ["*"])
            metrics = Metrics(database, http)
            given = [town.rating(1 + days % 5, at=town.NOW - days * town.DAY) for days in range(20)]
            await metrics.receive(town.jurisdiction(), town.service(), *given)
            await metrics.score_all()
        await database.dispose()

    asyncio.run(prepare())
    with served(create_app(MetricsSettings(database_url=url))) as address:
        yield Asked(address, key, {"service_id": "town.potholes", "jurisdiction_id": "town"})


@SCHEMA.parametrize()
@few_or_many(20)
def test_every_operation_answers_as_the_document_says(case: Case, asked: Asked) -> None:
    asked.hold(case)


def test_scorecards_that_are_stored_are_read_as_the_document_says(asked: Asked) -> None:
    def another() -> dict[str, Any]:
        return yaml.safe_load(TEXT) | {"id": f"s{uuid4().hex}", "version": 1}

    hold_sequences(SCHEMA, "/v1/scorecards", another, asked, 1)


@pytest.mark.parametrize(("path", "name"), PLACES)
def test_no_day_however_odd_is_a_fault(path: str, name: str, asked: Asked) -> None:
    with httpx.Client(base_url=asked.address) as anyone:
        for day in NOT_DAYS:
            answer = anyone.get(httpx.URL(path).copy_merge_params({name: day}))
            assert (answer.status_code, answer.json()["type"]) == (422, "urn:civicloop:problem:invalid-day"), day
        for day in FIRST_DAYS:
            answer = anyone.get(httpx.URL(path).copy_merge_params({name: day}))
            long = name == "from" and answer.json().get("type") == "urn:civicloop:problem:long-history"
            assert answer.status_code == (422 if long else 200), answer.text
