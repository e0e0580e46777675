"""Somebody has all that they gave erased: at once nothing more is taken of them, and soon nothing is left."""

import asyncio
import json
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from services.feedback.me import erasing, store
from services.feedback.people import store as people
from shared.contracts.feedback import (
    Because,
    NoteWithdrawn,
    RatingErased,
    RatingGiven,
    RatingWithdrawn,
    RequestErased,
    RequestOpened,
)
from shared.database import connection, transaction
from tests.feedback.conftest import Events
from tests.feedback.test_me import ask, give

TABLES = ("request", "rating")


@pytest.fixture
async def token(citizen: httpx.AsyncClient, lamps: str) -> str:
    """Of somebody who made a request."""
    body = {"service_id": lamps, "description": "Mine, 12 Elm Street"}
    return str((await give(citizen, "/v1/requests", body))["receipt_token"])


async def erase(client: httpx.AsyncClient, token: str) -> Any:
    asked = await client.delete("/v1/me", headers={"Receipt-Token": token})
    assert asked.status_code == 202, asked.text
    assert asked.headers["Location"] == f"/v1/me/erasure/{asked.json()['id']}"
    return asked.json()


async def work(app: FastAPI) -> None:
    """What the worker does until nothing is to be erased."""
    async with connection(app.state.engine) as database:
        waiting = await store.under_way(database)
    for each in waiting:
        while await erasing.erase_some(app.state.engine, each):
            pass


async def count(app: FastAPI, table: str, service: str) -> int:
    async with connection(app.state.engine) as database:
        return int(await database.fetchval(f"SELECT count(*) FROM {table} WHERE service_id = $1", service))


async def test_all_is_erased_and_what_others_gave_stays(
    citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, token: str
) -> None:
    for value in (1, 2):
        await give(citizen, "/v1/ratings", {"service_id": lamps, "value": value}, token)
    kept = [await give(citizen, "/v1/requests", {"service_id": lamps}),
            await give(citizen, "/v1/ratings", {"service_id": lamps, "value": 3})]  # fmt: skip
    begun = await erase(citizen, token)
    assert (begun["state"], begun["inputs"], begun["done_at"]) == ("under_way", 0, None)
    await work(feedback)
    done = (await citizen.get(f"/v1/me/erasure/{begun['id']}")).json()
    assert (done["state"], done["inputs"]) == ("done", 3)
    assert [await count(feedback, table, lamps) for table in TABLES] == [1, 1]
    assert len((await ask(citizen, "/v1/me", kept[0]["receipt_token"]))["requests"]) == 1
    assert len((await ask(citizen, "/v1/me", kept[1]["receipt_token"]))["ratings"]) == 1


async def test_events_tell_all_that_was_counted_of_a_request(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str, events: Events, city: str
) -> None:
    made = await give(citizen, "/v1/requests", {"service_id": lamps, "district_id": f"{city}.north"})
    steps: list[dict[str, Any]] = [
        {"status": "answered", "answer": "Soon"},
        {"status": "closed", "resolution": "declined"},
        {"status": "reopened"},
        {"status": "closed", "resolution": "resolved"},
    ]
    for step in steps:
        assert (await clerk.post(f"/v1/requests/{made['id']}/status", json=step)).status_code == 200
    last = (await citizen.get(f"/v1/requests/{made['id']}")).json()
    await erase(citizen, made["receipt_token"])
    await work(feedback)
    told = await events(lamps)
    opened, erased = told[0], told[-1]
    assert isinstance(opened, RequestOpened)
    assert isinstance(erased, RequestErased)
    for name in ("request_id", "contributor", "opened_at", "due_at", "answer_due_at", "district_id", "service_id"):
        assert getattr(erased, name) == getattr(opened, name)
    assert erased.closed_at is not None
    assert erased.closed_at.isoformat().replace("+00:00", "Z") == last["closed_at"]
    assert erased.resolution == "resolved"
    assert erased.first_answered_at is not None
    (undone,) = erased.undone
    assert (undone.resolution, undone.closed_at, undone.reopened_at) == (
        "declined", told[2].closed_at, told[3].reopened_at)  # type: ignore[attr-defined]  # fmt: skip
    assert (await citizen.get(f"/v1/requests/{made['id']}")).status_code == 404


async def test_events_tell_what_still_counts_of_ratings(
    citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, events: Events
) -> None:
    given = [await give(citizen, "/v1/ratings", {"service_id": lamps, "value": 1})]
    token = given[0]["receipt_token"]
    given += [await give(citizen, "/v1/ratings", {"service_id": lamps, "value": value}, token) for value in (2, 3)]
    gone = await citizen.delete(f"/v1/ratings/{given[2]['id']}", headers={"Receipt-Token": token})
    assert gone.status_code == 200
    given.append(await give(citizen, "/v1/ratings", {"service_id": lamps, "value": 4}, token))
    await erase(citizen, token)
    await work(feedback)
    told = await events(lamps)
    erased = {each.rating_id: each.value for each in told if isinstance(each, RatingErased)}
    assert erased == {given[0]["id"]: None, given[1]["id"]: None, given[3]["id"]: 4}
    assert Counter(map(type, told)) == {RatingGiven: 4, RatingWithdrawn: 1, RatingErased: 3}


async def test_what_others_added_to_a_request_counts_no_longer_either(
    citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, events: Events
) -> None:
    mine = await give(citizen, "/v1/requests", {"service_id": lamps})
    token = mine["receipt_token"]
    other = await give(citizen, "/v1/requests", {"service_id": lamps})
    notes = [
        await give(citizen, f"/v1/requests/{mine['id']}/notes", {"text": "Here too"}),
        await give(citizen, f"/v1/requests/{other['id']}/notes", {"text": "And here"}, token),
    ]
    await give(citizen, f"/v1/requests/{other['id']}/notes", {"text": "This stays"})
    await erase(citizen, token)
    await work(feedback)
    gone = [each for each in await events(lamps) if isinstance(each, NoteWithdrawn)]
    assert {each.note_id for each in gone} == {note["id"] for note in notes}
    assert {each.because for each in gone} == {Because.ERASED}
    left = (await citizen.get(f"/v1/requests/{other['id']}/notes")).json()["items"]
    assert [each["text"] for each in left] == ["This stays"]


@pytest.mark.parametrize("header", ["Receipt-Token", "Authorization"])
async def test_the_token_of_an_erased_person_never_works_again(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, feedback: FastAPI, lamps: str, city: str, token: str,
    header: str,
) -> None:  # fmt: skip
    rated = await give(citizen, "/v1/ratings", {"service_id": lamps, "value": 4}, token)
    await erase(citizen, token)
    sent = {header: token if header == "Receipt-Token" else f"Bearer {token}"}
    for _ in range(2):
        for client in (citizen, neighbour):
            refused = [
                await client.get("/v1/me", headers=sent),
                await client.get("/v1/me/export", headers=sent),
                await client.delete("/v1/me", headers=sent),
                await client.delete(f"/v1/ratings/{rated['id']}", headers=sent),
                await client.post("/v1/ratings", json={"service_id": lamps, "value": 1}, headers=sent),
                await client.post("/v1/requests", json={"service_id": lamps}, headers=sent),
            ]
            for answer in refused:
                assert (answer.status_code, answer.json()["type"]) == (401, "urn:civicloop:problem:erased")
            form = {"service_code": lamps, "address_string": "Here"}
            report = await client.post(f"/open311/v2/requests.json?jurisdiction_id={city}", data=form, headers=sent)
            assert report.status_code == 401 or report.status_code == 403
            assert report.json()[0]["code"] == report.status_code
        await work(feedback)
    assert [await count(feedback, table, lamps) for table in TABLES] == [0, 0]


async def test_nothing_comes_after_whatever_was_on_its_way(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, feedback: FastAPI, other_feedback: FastAPI, lamps: str,
    token: str, events: Events,
) -> None:  # fmt: skip
    """Inputs by one person through two processes while they have all of it erased: each is taken, or refused."""

    async def one(client: httpx.AsyncClient, number: int) -> int:
        await asyncio.sleep(number / 2_000)
        body = {"service_id": lamps} | ({"value": 3} if number % 2 else {})
        route = "/v1/ratings" if number % 2 else "/v1/requests"
        return (await client.post(route, json=body, headers={"Receipt-Token": token})).status_code

    async def ending() -> None:
        await asyncio.sleep(0.03)
        await erase(citizen, token)
        await work(other_feedback)

    answers, _ = await asyncio.gather(
        asyncio.gather(*(one((citizen, neighbour)[number % 3 % 2], number) for number in range(120))), ending()
    )
    assert set(answers) == {201, 401}, "the erasure came too early or too late to be tried"
    await work(feedback)
    assert [await count(feedback, table, lamps) for table in TABLES] == [0, 0]
    told = Counter(type(each) for each in await events(lamps))
    assert told[RequestOpened] == told[RequestErased]
    assert told[RatingGiven] == told[RatingErased]
    assert told[RequestOpened] + told[RatingGiven] == answers.count(201) + 1


async def test_a_mark_waits_for_what_is_being_written_and_others_do_not(
    citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, token: str
) -> None:
    receipts = feedback.state.receipts
    mark = receipts.mark(receipts.contributor(token))
    async with transaction(feedback.state.engine) as writing:
        await people.must_be_known(writing, mark)
        asked = asyncio.create_task(citizen.delete("/v1/me", headers={"Receipt-Token": token}))
        while not await waits_for_a_lock(feedback):
            await asyncio.sleep(0.01)
        await give(citizen, "/v1/ratings", {"service_id": lamps, "value": 3})
        assert not asked.done()
    assert (await asked).status_code == 202


async def waits_for_a_lock(app: FastAPI) -> bool:
    async with connection(app.state.engine) as database:
        return bool(await database.fetchval(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        ))  # fmt: skip


async def test_two_who_ask_at_once_have_it_erased_once(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, token: str
) -> None:
    sent = {"Receipt-Token": token}
    answers = await asyncio.gather(*(client.delete("/v1/me", headers=sent) for client in (citizen, neighbour)))
    assert sorted(answer.status_code for answer in answers) == [202, 401]


async def test_no_text_of_theirs_is_left_anywhere(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str
) -> None:
    """Neither in tables nor in answers that are kept for requests which come again, the clerk's among them."""
    secret = f"tell-{uuid4().hex}"
    body = {"service_id": lamps, "description": secret, "address": secret}
    made = (await citizen.post("/v1/requests", json=body, headers={"Idempotency-Key": str(uuid4())})).json()
    sent = {"Receipt-Token": made["receipt_token"]}
    keyed = {"Idempotency-Key": str(uuid4())}
    await citizen.post("/v1/ratings", json={"service_id": lamps, "value": 1, "comment": secret}, headers=sent | keyed)
    step = {"status": "answered", "answer": f"To {secret}"}
    assert (await clerk.post(f"/v1/requests/{made['id']}/status", json=step, headers=keyed)).status_code == 200
    other = await give(citizen, "/v1/requests", {"service_id": lamps})
    stays = {"Idempotency-Key": str(uuid4())}
    step = {"status": "acknowledged"}
    assert (await clerk.post(f"/v1/requests/{other['id']}/status", json=step, headers=stays)).status_code == 200
    assert await found(feedback, secret)
    await erase(citizen, made["receipt_token"])
    await work(feedback)
    assert await found(feedback, secret) == {}
    assert await found(feedback, made["receipt_token"]) == {}
    again = await clerk.post(f"/v1/requests/{other['id']}/status", json=step, headers=stays)
    assert again.status_code == 200, "what is remembered for others stays"


async def found(app: FastAPI, text: str) -> dict[str, int]:
    """How many rows of each table hold a text."""
    async with connection(app.state.engine) as database:
        tables = await database.fetch("SELECT relname FROM pg_stat_user_tables")
        held = {}
        for (table,) in tables:
            rows = await database.fetch(f'SELECT to_jsonb(t)::text AS row FROM "{table}" t')
            texts = [row["row"] for row in rows]
            hexed = text.encode().hex()
            if number := sum(text in each or hexed in each for each in texts):
                held[table] = number
    return held


async def test_imported_requests_stay(citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, token: str) -> None:
    async with connection(feedback.state.engine) as database:
        await database.execute(
            "INSERT INTO request (id, jurisdiction_id, service_id, contributor, opened_at, status, source, "
            "external_id) SELECT gen_random_uuid(), jurisdiction_id, id, 'f00', now(), 'open', 's', $2 FROM service "
            "WHERE id = $1",
            lamps, lamps,
        )  # fmt: skip
    await erase(citizen, token)
    await work(feedback)
    assert await count(feedback, "request", lamps) == 1


async def test_nobody_learns_of_an_erasure_by_guessing(citizen: httpx.AsyncClient) -> None:
    for unknown in (str(uuid4()), "x"):
        assert (await citizen.get(f"/v1/me/erasure/{unknown}")).status_code in (404, 422)


async def test_whose_it_was_is_forgotten_once_it_is_done(
    citizen: httpx.AsyncClient, feedback: FastAPI, token: str
) -> None:
    contributor = feedback.state.receipts.contributor(token)
    begun = await erase(citizen, token)
    await work(feedback)
    assert await found(feedback, str(contributor)) == {}
    assert json.dumps((await citizen.get(f"/v1/me/erasure/{begun['id']}")).json())
