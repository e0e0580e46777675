"""Feedback answers as its OpenAPI document says, whatever is asked and given."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from schemathesis import Case

from services.feedback.app import create_app
from services.feedback.settings import FeedbackSettings
from shared.auth import ensure_key, new_key
from shared.database import connection
from tests.feedback.conftest import tell_of_poles
from tests.feedback.test_budgets import draft_of as budget
from tests.feedback.test_consultations import draft_of as consultation
from tests.openapi import Asked, few_or_many, hold_sequences, schema_of, served

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


SOME = ("request", "rating", "proposal")
GIVEN: dict[str, Callable[[str], dict[str, Any]]] = {
    "requests": lambda poles: {
        "service_id": poles, "description": "It leans", "latitude": 48.5, "longitude": 16.2,
        "attributes": {"KIND": "led"},
    },
    "ratings": lambda poles: {"service_id": poles, "value": 4},
    "proposals": lambda poles: {"service_id": poles, "title": "A bench", "text": "To sit"},
    "consultations": consultation,
    "budgets": budget,
    "contributions": lambda poles: {"service_id": poles, "form": "hours", "amount": 90},
    "calls": lambda poles: {"service_id": poles, "title": "Who paints?"},
    "templates": lambda poles: {"jurisdiction_id": "openapi-city", "name": uuid4().hex, "texts": {"en": "Thanks"}},
}  # fmt: skip
"""What can be made, by where it is made."""


def _given(citizen: httpx.Client, poles: str) -> dict[str, str]:
    """Something of what citizens give: the ids by their names."""
    made = {f"{each}_id": citizen.post(f"/v1/{each}s", json=GIVEN[f"{each}s"](poles)) for each in SOME}
    for answer in made.values():
        assert answer.status_code == 201, answer.text
    return {name: answer.json()["id"] for name, answer in made.items()}


@SCHEMA.parametrize()
@few_or_many(4)
def test_every_operation_answers_as_the_document_says(case: Case, asked: Asked) -> None:
    asked.hold(case)


@pytest.mark.parametrize("made", GIVEN)
def test_what_is_made_is_read_changed_and_taken_back_as_the_document_says(made: str, asked: Asked) -> None:
    hold_sequences(SCHEMA, f"/v1/{made}", lambda: GIVEN[made](asked.known["service_id"]), asked, 3)
