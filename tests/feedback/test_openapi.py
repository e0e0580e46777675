"""Whatever fits or does not fit the OpenAPI document is answered as it says, on every route.

Schemathesis makes the requests, the same each time, and holds the answers against all its checks.
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from services.feedback.app import create_app
from services.feedback.settings import FeedbackSettings
from shared.auth import ensure_key, new_key
from shared.database import connection
from tests.feedback.serving import served

DOCUMENT = create_app(FeedbackSettings(database_url="postgresql://nowhere/feedback", secret="5e" * 32)).openapi()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT, config=SchemathesisConfig(seed=1))
OPERATIONS = {
    found.label: found for each in SCHEMA.get_all_operations() if isinstance(found := each.ok(), APIOperation)
}
MODES = {"fits": GenerationMode.POSITIVE, "does not fit": GenerationMode.NEGATIVE}
EXAMPLES = 4
OWN = (
    "value error",
    "value is not a valid email address",
    "string should have at least 1 character",  # once white space and what cannot be seen is gone
    "string should match pattern '^https?",  # dialects of patterns differ about rare white space
)
FORGIVING = {
    "POST /v1/batch": "each item is answered for itself, with the problem that it has",
    "GET /v1/requests/heat": "seconds since 1970 are taken for a time as well",
}
"""Where what does not fit is not refused, and why."""


@pytest.fixture(scope="module")
def address(settings: FeedbackSettings) -> Iterator[str]:
    with served(settings) as url:
        yield url


@pytest.fixture
async def key(feedback: FastAPI) -> str:
    """All that is allowed."""
    key = new_key()
    async with connection(feedback.state.engine) as database:
        await ensure_key(database, key, "everything", ["*"])
    return key


def breaks_a_rule(response: Response) -> bool:
    """Whether it fits the schema, and breaks a rule that no schema can state: between two members, or of what is here.

    Rules of our own begin with `Value error` where a model has them, and have a problem of their own elsewhere.
    """
    if response.status_code not in (400, 415, 422):
        return False
    told = {} if response.headers["content-type"][0] != "application/problem+json" else response.json()
    if told.get("type") != "urn:civicloop:problem:invalid-input":
        return True
    return all(each["message"].lower().startswith(OWN) for each in told.get("errors", ()))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("label", OPERATIONS)
async def test_every_route_answers_as_the_document_says(
    label: str, mode: str, address: str, key: str, poles: str
) -> None:
    headers = {"Authorization": f"Bearer {key}"}

    @examples(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=OPERATIONS[label].as_strategy(generation_mode=MODES[mode]))
    def ask(case: Any) -> None:
        response = case.call(base_url=address, headers=headers)
        excluded = [positive_data_acceptance] if breaks_a_rule(response) else []
        excluded += [negative_data_rejection] if label in FORGIVING else []
        case.validate_response(response, excluded_checks=excluded, headers=headers)

    with suppress(Unsatisfiable):  # where nothing is asked, nothing can fail to fit
        await asyncio.to_thread(ask)
