"""Input that cannot be taken: each is a problem that says what is wrong, and the next one is taken."""

import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.feedback.conftest import Events, tell_of_service


async def refused(answer: httpx.Response, status: int, slug: str = "") -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith(f"urn:civicloop:problem:{slug}")
    return str(problem.get("detail", ""))


@pytest.mark.parametrize("value", ["0", "6", '"5"', "4.5", "true", "null", "[]", "NaN", "1e1", "99" * 3000])
async def test_values_that_are_no_ratings(citizen: httpx.AsyncClient, lamps: str, events: Events, value: str) -> None:
    body = f'{{"service_id": "{lamps}", "value": {value}}}'
    answer = await citizen.post("/v1/ratings", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert await events(lamps) == []


@pytest.mark.parametrize(
    "extra",
    [
        {"latitude": 90.1, "longitude": 0},
        {"latitude": 0, "longitude": -180.5},
        {"latitude": "42", "longitude": 0},
        {"latitude": True, "longitude": 0},
        {"latitude": float("nan"), "longitude": 0},
        {"latitude": float("inf"), "longitude": 0},
        {"latitude": 42},
        {"description": "x" * 4_001},
        {"description": "a\0b"},
        {"description": 7},
        {"address": "\0"},
        {"channel": ""},
        {"service_id": "Not An Id"},
        {"service_id": "a\0"},
        {"district_id": "x" * 64},
        {"district_id": "über"},
    ],
)
async def test_requests_that_do_not_fit(
    citizen: httpx.AsyncClient, lamps: str, events: Events, extra: dict[str, Any]
) -> None:
    body = json.dumps({"service_id": lamps, **extra})
    answer = await citizen.post("/v1/requests", content=body, headers={"Content-Type": "application/json"})
    detail = await refused(answer, 422, "invalid-input")
    assert any(name in detail for name in extra) or "belong together" in detail
    assert await events(lamps) == []


@pytest.mark.parametrize("route", ["/v1/ratings", "/v1/requests"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"value=4",
        b'{"service_id": "a", "value": 4, "comment": "\xff\xfe"}',
        b'{"service_id": "a", "value": 4, "comment": "\\ud800"}',
        b'{"a":' * 50_000,
        b"[" * 100_000 + b"]" * 100_000,
        b"\xef\xbb\xbf{}",
    ],
)
async def test_bodies_that_are_not_json(citizen: httpx.AsyncClient, route: str, body: bytes) -> None:
    answer = await citizen.post(route, content=body, headers={"Content-Type": "application/json"})
    await refused(answer, 400, "malformed-json")


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"{}"])
async def test_json_that_is_no_rating(citizen: httpx.AsyncClient, body: bytes) -> None:
    answer = await citizen.post("/v1/ratings", content=body, headers={"Content-Type": "application/json"})
    await refused(answer, 422, "invalid-input")


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
async def test_bodies_that_do_not_claim_to_be_json(
    citizen: httpx.AsyncClient, lamps: str, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    body = json.dumps({"service_id": lamps, "value": 4}).encode()
    await refused(await citizen.post("/v1/ratings", content=body, headers=headers), 415)
    answer = await citizen.post(
        "/v1/ratings", content=body, headers={"Content-Type": "Application/JSON; charset=utf-8"}
    )
    assert answer.status_code == 201


async def test_ten_megabytes_are_too_much(citizen: httpx.AsyncClient, lamps: str) -> None:
    body = {"service_id": lamps, "description": "x" * 10_000_000}
    await refused(await citizen.post("/v1/requests", json=body), 413)


async def test_services_that_take_no_input(citizen: httpx.AsyncClient, feedback: FastAPI, city: str) -> None:
    await refused(await citizen.post("/v1/ratings", json={"service_id": "nowhere", "value": 4}), 422, "unknown-service")
    await refused(await citizen.post("/v1/requests", json={"service_id": "nowhere"}), 422, "unknown-service")
    for status, expected in (("draft", 409), ("pilot", 201), ("active", 201), ("suspended", 409), ("retired", 409)):
        service = await tell_of_service(feedback, city, status, status)
        answer = await citizen.post("/v1/ratings", json={"service_id": service, "value": 4})
        assert answer.status_code == expected, status
        assert (await citizen.post("/v1/requests", json={"service_id": service})).status_code == expected, status


async def test_districts_that_are_not_the_services(
    citizen: httpx.AsyncClient, lamps: str, feedback: FastAPI, city: str
) -> None:
    rating = {"service_id": lamps, "value": 4, "district_id": f"{city}.west"}
    await refused(await citizen.post("/v1/ratings", json=rating), 422, "unknown-district")
    elsewhere = await tell_of_service(feedback, "elsewhere", f"lamps-of-{city}")
    rating = {"service_id": elsewhere, "value": 4, "district_id": f"{city}.north"}
    await refused(await citizen.post("/v1/ratings", json=rating), 422, "foreign-district")


async def test_every_character_that_can_be_seen_comes_back(citizen: httpx.AsyncClient, lamps: str) -> None:
    seen = "naïve 🚲 {} ﷽ <script>'; DROP TABLE rating; -- %s $1 \\\\"
    text = seen.format("\u202e\ufeff\x01")
    made = (await citizen.post("/v1/requests", json={"service_id": lamps, "description": text})).json()
    assert made["description"] == seen.format("")
    assert (await citizen.get(f"/v1/requests/{made['id']}")).json()["description"] == seen.format("")


async def test_a_service_is_shown_as_input_is_taken_for_it(citizen: httpx.AsyncClient, lamps: str) -> None:
    shown = (await citizen.get(f"/v1/services/{lamps}")).json()
    assert (shown["id"], shown["resolution_target"]) == (lamps, 86_400)
    await refused(await citizen.get("/v1/services/nowhere"), 404, "unknown-service")
