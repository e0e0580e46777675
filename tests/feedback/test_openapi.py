"""Feedback answers as its OpenAPI document says, whatever is asked and given."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from schemathesis import Case

from services.feedback.app import create_app
from services.feedback.settings import FeedbackSettings
from shared.auth import ensure_key, new_key
from shared.database import connection
from tests.feedback.conftest import tell_of_poles
from tests.openapi import Asked, few_or_many, schema_of, served

FORGIVING = {"POST /v1/batch": "each item is answered for itself, with the problem that it has"}
SCHEMA = schema_of(create_app(FeedbackSettings(database_url="postgresql://nowhere/feedback", secret="5e" * 32)))


@pytest.fixture(scope="module")
def asked(settings: FeedbackSettings) -> Iterator[Asked]:
    app, key = create_app(settings), new_key()

    async def prepare() -> str:
        async with connection(app.state.engine) as database:
            await ensure_key(database, key, "everything", ["*"])
        poles = await tell_of_poles(app, "openapi-city")
        await app.state.engine.dispose()
        return poles

    poles = asyncio.run(prepare())
    with served(create_app(settings)) as address:
        known = {"service_id": poles, "jurisdiction_id": "openapi-city", "district_id": "openapi-city.north"}
        with httpx.Client(base_url=address) as citizen:
            known |= _given(citizen, poles)
        yield Asked(address, key, known, FORGIVING)


def _given(citizen: httpx.Client, poles: str) -> dict[str, str]:
    """Something of what citizens give: the ids by their names."""
    request = {"service_id": poles, "description": "It leans", "latitude": 48.5, "longitude": 16.2}
    request["attributes"] = {"KIND": "led"}
    made = {
        "request_id": citizen.post("/v1/requests", json=request),
        "rating_id": citizen.post("/v1/ratings", json={"service_id": poles, "value": 4}),
        "proposal_id": citizen.post("/v1/proposals", json={"service_id": poles, "title": "A bench", "text": "To sit"}),
    }
    for answer in made.values():
        assert answer.status_code == 201, answer.text
    return {name: answer.json()["id"] for name, answer in made.items()}


@SCHEMA.parametrize()
@few_or_many(4)
def test_every_operation_answers_as_the_document_says(case: Case, asked: Asked) -> None:
    asked.hold(case)
