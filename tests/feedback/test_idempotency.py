"""A request that is sent twice with the same Idempotency-Key has one effect and one answer."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from services.feedback.idempotency.store import forget
from shared.database import connection
from tests.feedback.conftest import Events

RATING, REQUEST = {"value": 4, "comment": "Bright"}, {"description": "It is dark"}


@pytest.fixture
def key() -> str:
    return str(uuid4())


async def post(client: httpx.AsyncClient, route: str, key: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    return await client.post(route, json=body, headers={"Idempotency-Key": key, **headers})


@pytest.mark.parametrize(("route", "body"), [("/v1/ratings", RATING), ("/v1/requests", REQUEST)])
async def test_the_first_answer_comes_again(
    citizen: httpx.AsyncClient, lamps: str, events: Events, key: str, route: str, body: dict[str, Any]
) -> None:
    first = await post(citizen, route, key, {"service_id": lamps, **body})
    spelt_otherwise = dict(reversed(list({"service_id": lamps, **body}.items())))
    second = await post(citizen, route, key, spelt_otherwise)
    assert (second.status_code, second.content) == (first.status_code, first.content) == (201, first.content)
    assert "clr_" in first.json()["receipt_token"]
    assert len(await events(lamps)) == 1


@pytest.mark.parametrize(("route", "body"), [("/v1/ratings", RATING), ("/v1/requests", REQUEST)])
async def test_the_same_key_for_something_else_is_refused(
    citizen: httpx.AsyncClient, lamps: str, events: Events, key: str, route: str, body: dict[str, Any]
) -> None:
    await post(citizen, route, key, {"service_id": lamps, **body})
    other = await post(citizen, route, key, {"service_id": lamps, **body, "channel": "web"})
    assert other.status_code == 409
    assert other.json()["type"] == "urn:civicloop:problem:idempotency-key-reused"
    elsewhere = "/v1/ratings" if route == "/v1/requests" else "/v1/requests"
    assert (await post(citizen, elsewhere, key, {"service_id": lamps, "value": 4})).status_code == 409
    assert len(await events(lamps)) == 1


async def test_keys_of_two_contributors_do_not_meet(
    citizen: httpx.AsyncClient, lamps: str, events: Events, key: str
) -> None:
    body = {"service_id": lamps, **RATING}
    tokens = [(await citizen.post("/v1/ratings", json=body)).json()["receipt_token"] for _ in range(2)]
    answers = [(await post(citizen, "/v1/ratings", key, body, **{"Receipt-Token": token})).json() for token in tokens]
    assert answers[0]["id"] != answers[1]["id"]
    assert [answer["receipt_token"] for answer in answers] == tokens
    assert len(await events(lamps)) == 4


async def test_many_at_once_through_two_processes(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, lamps: str, events: Events, key: str
) -> None:
    body = {"service_id": lamps, **RATING}
    sent = [post(client, "/v1/ratings", key, body) for client in (citizen, neighbour) for _ in range(20)]
    sent += [post(citizen, "/v1/ratings", f"{key}-{number}", body) for number in range(20)]
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers[:40]}) == 1
    assert len({answer.json()["id"] for answer in answers}) == 21
    assert len(await events(lamps)) == 21


async def test_two_bodies_race_for_a_key(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, lamps: str, events: Events, key: str
) -> None:
    sent = [
        post(client, "/v1/ratings", key, {"service_id": lamps, "value": value})
        for value in (1, 5)
        for client in (citizen, neighbour)
        for _ in range(5)
    ]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [409] * 10
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert len(await events(lamps)) == 1


async def test_a_step_of_staff_is_done_once(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events, key: str
) -> None:
    made = (await citizen.post("/v1/requests", json={"service_id": lamps})).json()
    route, step = f"/v1/requests/{made['id']}/status", {"status": "acknowledged"}
    answers = await asyncio.gather(*(post(clerk, route, key, step) for _ in range(8)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert (await post(clerk, route, key, {"status": "answered"})).status_code == 409
    assert (await post(clerk, route, f"{key}-2", step)).status_code == 409
    assert len(await events(lamps)) == 2


async def test_what_is_refused_leaves_the_key_free(citizen: httpx.AsyncClient, lamps: str, key: str) -> None:
    assert (await post(citizen, "/v1/ratings", key, {"service_id": lamps, "value": 9})).status_code == 422
    assert (await post(citizen, "/v1/ratings", key, {"service_id": lamps, "value": 5})).status_code == 201


@pytest.mark.parametrize("bad", ["", "x" * 256, "a\tb"])
async def test_keys_that_are_none(citizen: httpx.AsyncClient, lamps: str, bad: str) -> None:
    assert (await post(citizen, "/v1/ratings", bad, {"service_id": lamps, **RATING})).status_code == 400


async def test_no_receipt_token_is_stored(citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, key: str) -> None:
    token = (await post(citizen, "/v1/ratings", key, {"service_id": lamps, **RATING})).json()["receipt_token"]
    async with connection(feedback.state.engine) as database:
        kept = await database.fetchrow("SELECT * FROM idempotency WHERE key = $1", key)
        rating = await database.fetchrow("SELECT * FROM rating WHERE service_id = $1", lamps)
    assert token not in f"{kept} {rating}"


async def test_keys_are_forgotten_after_a_day(
    citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, events: Events, key: str
) -> None:
    body = {"service_id": lamps, **RATING}
    await post(citizen, "/v1/ratings", key, body)
    async with connection(feedback.state.engine) as database:
        await forget(database, timedelta(hours=24))
        await post(citizen, "/v1/ratings", key, body)
        assert len(await events(lamps)) == 1
        await database.execute("UPDATE idempotency SET created_at = now() - interval '25 hours' WHERE key = $1", key)
        await forget(database, timedelta(hours=24))
    assert (await post(citizen, "/v1/ratings", key, {**body, "value": 1})).status_code == 201
    assert len(await events(lamps)) == 2
