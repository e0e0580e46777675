"""A process that cannot start says what is missing; one that runs says what it offers."""

import os
import subprocess
import sys

import httpx
import pytest

URL = "postgresql://somebody:pass-word@nowhere/feedback"


@pytest.mark.parametrize("secret", [None, "", "abc", "0g" * 32, "ab" * 31])
def test_without_a_secret_that_is_long_enough_nothing_starts(secret: str | None) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CIVICLOOP_")}
    environment["CIVICLOOP_FEEDBACK_DATABASE_URL"] = URL
    if secret is not None:
        environment["CIVICLOOP_FEEDBACK_SECRET"] = secret
    command = [sys.executable, "-m", "services.feedback.worker"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert "CIVICLOOP_FEEDBACK_SECRET" in ended.stderr
    assert "pass-word" not in ended.stderr


async def test_the_description_names_bodies_and_answers(citizen: httpx.AsyncClient) -> None:
    paths = (await citizen.get("/openapi.json")).json()["paths"]
    rate = paths["/v1/ratings"]["post"]
    body = rate["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["required"]) == {"service_id", "value"}
    assert rate["responses"]["201"]["content"]["application/json"]["schema"]["$ref"].endswith("RatingReceipt")
    assert {"/v1/requests/{request_id}/status", "/v1/me", "/v1/services/{service_id}", "/v1/imports"} <= paths.keys()
