"""One request goes on in another, or is split in two."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI

from services.feedback.directory.store import store
from shared.contracts.catalog import JurisdictionChanged
from shared.contracts.feedback import RequestClosed, RequestOpened
from shared.database import transaction
from tests.feedback.conftest import Events, client_of, tell_of_service
from tests.feedback.test_requests import HOLE, make, step, time_of


async def link(who: httpx.AsyncClient, one: dict[str, Any], of: dict[str, Any], **headers: str) -> httpx.Response:
    return await who.post(f"/v1/requests/{one['id']}/duplicate", json={"of": of["id"]}, headers=headers)


async def test_a_duplicate_is_closed_and_shows_what_is_answered_to_its_original(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    first, second = await make(citizen, lamps), await make(citizen, lamps)
    await step(clerk, second, status="answered", answer="We look at it")
    linked = (await link(clerk, second, first)).json()
    assert (linked["status"], linked["state"], linked["resolution"]) == ("closed", "duplicate", "duplicate")
    assert linked["duplicate_of"] == first["id"]
    await step(clerk, first, status="closed", resolution="resolved", answer="Bright again")
    seen = (await citizen.get(f"/v1/requests/{second['id']}")).json()
    assert [(each["text"], each["request_id"]) for each in seen["answers"]] == [
        ("We look at it", second["id"]), ("Bright again", first["id"]),
    ]  # fmt: skip
    closing = next(event for event in await events(lamps) if isinstance(event, RequestClosed))
    assert (closing.request_id, closing.duplicate_of) == (second["id"], first["id"])
    assert (await clerk.get(f"/v1/queue/{first['id']}")).json()["duplicates"] == [second["id"]]
    found = await citizen.get("/v1/requests", params={"duplicate_of": first["id"]})
    assert [each["id"] for each in found.json()["items"]] == [second["id"]]

    undone = (await step(clerk, second, status="reopened")).json()
    assert (undone["status"], undone["duplicate_of"]) == ("open", None)
    assert len((await citizen.get(f"/v1/requests/{second['id']}")).json()["answers"]) == 1


async def test_a_duplicate_of_a_duplicate_goes_on_in_the_original(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str
) -> None:
    one, two, three, four = [await make(citizen, lamps) for _ in range(4)]
    assert (await link(clerk, two, one)).json()["duplicate_of"] == one["id"]
    assert (await link(clerk, three, two)).json()["duplicate_of"] == one["id"]
    assert (await link(clerk, one, four)).json()["duplicate_of"] == four["id"]
    await step(clerk, four, status="answered", answer="Seen")
    seen = (await citizen.get(f"/v1/requests/{three['id']}")).json()
    assert [each["text"] for each in seen["answers"]] == ["Seen"]
    for of in (four, one, three):
        refused = await link(clerk, four, of)
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:civicloop:problem:no-original")
    assert (await link(clerk, two, four)).status_code == 409
    assert (await link(clerk, four, {"id": "01a21068-f35c-73df-b7f4-3bee6e13c195"})).status_code == 422


async def test_whoever_made_it_can_say_so_and_nobody_else(
    citizen: httpx.AsyncClient, importer: httpx.AsyncClient, lamps: str
) -> None:
    first, second = await make(citizen, lamps), await make(citizen, lamps)
    assert (await link(citizen, second, first)).status_code == 401
    assert (await link(importer, second, first)).status_code == 401
    other = await link(citizen, second, first, **{"Receipt-Token": first["receipt_token"]})
    assert (other.status_code, other.json()["type"]) == (403, "urn:civicloop:problem:not-yours")
    own = {"Receipt-Token": second["receipt_token"], "Idempotency-Key": "k"}
    told = await link(citizen, second, first, **own)
    assert (told.status_code, told.json()["duplicate_of"]) == (200, first["id"])
    assert (await link(citizen, second, first, **own)).json() == told.json()


async def test_two_that_are_merged_into_each_other_at_once(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, other_feedback: FastAPI, lamps: str
) -> None:
    async with client_of(other_feedback) as second:
        second.headers["Authorization"] = clerk.headers["Authorization"]
        for _ in range(5):
            ring = [await make(citizen, lamps) for _ in range(4)]
            answers = await asyncio.gather(
                *(link((clerk, second)[n % 2], one, ring[(n + 1) % 4]) for n, one in enumerate(ring))
            )
            assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 422]
            seen = [(await citizen.get(f"/v1/requests/{one['id']}")).json() for one in ring]
            assert len([one for one in seen if one["status"] == "open"]) == 1


async def test_another_jurisdiction_has_other_requests(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, city: str, lamps: str
) -> None:
    told = JurisdictionChanged(
        id=f"{city}-2", name="Another", time_zone="UTC", version=1, changed_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    async with transaction(feedback.state.engine) as database:
        await store(database, [told])
    elsewhere = await tell_of_service(feedback, f"{city}-2", "lamps")
    refused = await link(clerk, await make(citizen, lamps), await make(citizen, elsewhere))
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:civicloop:problem:other-jurisdiction")
    first = await make(citizen, lamps)
    split = await clerk.post(f"/v1/requests/{first['id']}/split", json={"service_id": elsewhere})
    assert (split.status_code, split.json()["type"]) == (422, "urn:civicloop:problem:other-jurisdiction")


async def test_a_request_for_two_things_is_split(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, city: str, lamps: str, events: Events
) -> None:
    pipes = await tell_of_service(feedback, city, "pipes")
    first = await make(citizen, lamps, **HOLE, district_id=f"{city}.north")
    address, said = f"/v1/requests/{first['id']}/split", {"service_id": pipes, "description": "And the pipe leaks"}
    once = {"Idempotency-Key": "split"}
    answer = await clerk.post(address, json=said, headers=once)
    assert answer.status_code == 201, answer.text
    second = answer.json()
    assert (await clerk.post(address, json=said, headers=once)).json() == second
    assert (second["split_from"], second["service_id"], second["description"]) == (
        first["id"], pipes, "And the pipe leaks",
    )  # fmt: skip
    assert (second["latitude"], second["address"], second["district_id"]) == (42.35, "12 Elm Street", f"{city}.north")
    assert time_of(second["opened_at"]) > time_of(first["opened_at"])
    assert time_of(second["due_at"]) - time_of(second["opened_at"]) == timedelta(days=1)
    (opened,), (before,) = await events(pipes), await events(lamps)
    assert isinstance(opened, RequestOpened)
    assert isinstance(before, RequestOpened)
    assert (opened.split_from, opened.contributor) == (first["id"], before.contributor)
    citizen.headers["Receipt-Token"] = first["receipt_token"]
    mine = (await citizen.get("/v1/me")).json()["requests"]
    assert {each["id"] for each in mine} == {first["id"], second["id"]}

    assert (await citizen.post(address, json=said)).status_code == 401
    assert (await clerk.post(address, json={"service_id": "moon.base"})).status_code == 422
    await step(clerk, first, status="closed", resolution="resolved")
    assert (await clerk.post(address, json=said)).status_code == 409
