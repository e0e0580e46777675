"""Every error is a problem document that says what is wrong, and nothing that is nobody's business."""

import json
import logging
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from shared.problems import CONTENT_TYPE, Problem
from shared.text import EntityId, Line
from tests.shared.apps import client_of, small_app

router = APIRouter()


class Cake(BaseModel):
    name: Line
    layers: Annotated[int, Field(strict=True, ge=1)]
    baker_id: EntityId | None = None
    extras: list[dict[str, int]] = []
    tiers: tuple[EntityId, ...] = Field(default=("one",), min_length=1)


@router.post("/cakes")
async def bake(cake: Cake) -> Cake:
    return cake


@router.get("/cakes")
async def find(limit: Annotated[int, Query(ge=1, le=10)] = 1) -> int:
    return limit


@router.get("/faults")
async def fault() -> None:
    raise RuntimeError("postgresql://cook:secret@kitchen/recipes")


@router.get("/problems")
async def problem() -> None:
    raise Problem(409, "oven-busy", "The oven is busy", "Try at noon", headers={"Retry-After": "60"}, oven="left")


@router.get("/echoes")
async def echo(text: str) -> None:
    raise Problem(400, "echo", "What you said", text + "\ud800")


@pytest.fixture
async def kitchen() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(small_app(router)) as client:
        yield client


def document(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem that an answer is."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == CONTENT_TYPE == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    assert found["type"].startswith("urn:civicloop:problem:")
    assert found["title"]
    return found


async def test_a_problem_says_what_where_and_how_to_mend_it(kitchen: httpx.AsyncClient) -> None:
    answer = await kitchen.get("/problems")
    assert document(answer, 409) == {
        "type": "urn:civicloop:problem:oven-busy",
        "title": "The oven is busy",
        "status": 409,
        "detail": "Try at noon",
        "oven": "left",
    }
    assert answer.headers["retry-after"] == "60"


async def test_a_fault_tells_callers_nothing_of_what_is_inside(
    kitchen: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = await kitchen.get("/faults")
    assert document(answer, 500)["type"] == "urn:civicloop:problem:fault"
    everything = answer.text + str(answer.headers)
    for secret in ("secret", "kitchen", "RuntimeError", "Traceback", ".py"):
        assert secret not in everything


async def test_half_a_surrogate_in_a_problem_is_no_fault(kitchen: httpx.AsyncClient) -> None:
    answer = await kitchen.get("/echoes", params={"text": "ä\N{BIRTHDAY CAKE}"})
    assert document(answer, 400)["detail"] == "ä\N{BIRTHDAY CAKE}\ud800"
    assert answer.content.isascii()


INVALID = {
    "a member missing": ({"name": "Sacher"}, [("body", "layers")]),
    "several at once": ({"name": "", "layers": 0}, [("body", "name"), ("body", "layers")]),
    "text for a number": ({"name": "Sacher", "layers": "2"}, [("body", "layers")]),
    "NUL": ({"name": "Sa\0cher", "layers": 2}, [("body", "name")]),
    "half a surrogate": ({"name": "Sa\ud800cher", "layers": 2}, [("body", "name")]),
    "blanks alone": ({"name": "   ", "layers": 2}, [("body", "name")]),
    "too long": ({"name": "a" * 201, "layers": 2}, [("body", "name")]),
    "no id": ({"name": "Sacher", "layers": 2, "baker_id": "Ann Baker"}, [("body", "baker_id")]),
    "further in": ({"name": "S", "layers": 2, "extras": [{}, {"nuts": "many"}]}, [("body", "extras.1.nuts")]),
    "of a list": ({"name": "S", "layers": 2, "tiers": ["A"]}, [("body", "tiers.0")]),
    "an empty list": ({"name": "S", "layers": 2, "tiers": []}, [("body", "tiers")]),
    "no object": ([1], [("body", "body")]),
}


@pytest.mark.parametrize("case", INVALID)
async def test_invalid_input_is_named_member_by_member(kitchen: httpx.AsyncClient, case: str) -> None:
    body, wrong = INVALID[case]
    answer = await kitchen.post("/cakes", content=json.dumps(body), headers={"content-type": "application/json"})
    found = document(answer, 422)
    assert found["type"] == "urn:civicloop:problem:invalid-input"
    assert [(error["in"], error["at"]) for error in found["errors"]] == wrong
    assert all(error["message"] and error["at"] in found["detail"] for error in found["errors"])


async def test_parameters_are_named_too(kitchen: httpx.AsyncClient) -> None:
    found = document(await kitchen.get("/cakes", params={"limit": "many"}), 422)
    assert [(error["in"], error["at"]) for error in found["errors"]] == [("query", "limit")]


async def test_thousands_of_errors_make_no_endless_answer(kitchen: httpx.AsyncClient) -> None:
    extras = [{"nuts": "many"}] * 5_000
    answer = await kitchen.post("/cakes", json={"name": "Sacher", "layers": 2, "extras": extras})
    assert len(document(answer, 422)["errors"]) == 100
    assert len(answer.content) < 20_000


@pytest.mark.parametrize("body", [b"{half", b"", b'{"name": "\xff"}', b"\xff\xfe", b"[" * 100_000])
async def test_what_is_no_json_is_a_callers_mistake(kitchen: httpx.AsyncClient, body: bytes) -> None:
    answer = await kitchen.post("/cakes", content=body, headers={"content-type": "application/json"})
    assert document(answer, answer.status_code)["status"] in (400, 422)


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/%ff/%00/%ed%a0%80", 404, "not-found"),
        ("DELETE", "/cakes", 405, "method-not-allowed"),
    ],
)
async def test_what_the_framework_refuses_is_a_problem_as_well(
    kitchen: httpx.AsyncClient, method: str, path: str, status: int, slug: str
) -> None:
    assert document(await kitchen.request(method, path), status)["type"] == f"urn:civicloop:problem:{slug}"


async def test_a_refused_method_says_which_are_allowed(kitchen: httpx.AsyncClient) -> None:
    assert (await kitchen.delete("/faults")).headers["allow"] == "GET"
