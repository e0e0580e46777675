"""Citizens request services; staff acknowledges, answers, closes and reopens."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from shared.contracts.catalog.services import LocalTarget
from shared.contracts.feedback import (
    RequestAcknowledged,
    RequestAnswered,
    RequestClosed,
    RequestOpened,
    RequestProgressed,
    RequestReopened,
)
from shared.database import connection
from tests.feedback.conftest import Events, client_of, tell_of_service

HOLE = {
    "description": "A hole as big as a cat",
    "latitude": 42.35,
    "longitude": -71.06,
    "address": "12 Elm Street",
    "channel": "app",
}


async def make(citizen: httpx.AsyncClient, service: str, **more: Any) -> dict[str, Any]:
    answer = await citizen.post("/v1/requests", json={"service_id": service, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def step(clerk: httpx.AsyncClient, request: dict[str, Any], **wanted: Any) -> httpx.Response:
    return await clerk.post(f"/v1/requests/{request['id']}/status", json=wanted)


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_a_request_is_opened_with_the_times_by_which_it_is_due(
    citizen: httpx.AsyncClient, lamps: str, city: str
) -> None:
    made = await make(citizen, lamps, **HOLE, district_id=f"{city}.north")
    assert made["status"] == "open"
    assert made["service_id"] == lamps
    assert made["receipt_token"].startswith("clr_")
    assert time_of(made["due_at"]) - time_of(made["opened_at"]) == timedelta(days=1)
    assert time_of(made["answer_due_at"]) - time_of(made["opened_at"]) == timedelta(hours=1)


async def test_a_request_is_due_by_the_target_of_its_district(
    feedback: FastAPI, citizen: httpx.AsyncClient, city: str
) -> None:
    north = LocalTarget(district_id=f"{city}.north", resolution_target=600)
    urgent = LocalTarget(district_id=f"{city}.north", priority="urgent", resolution_target=60)
    service = await tell_of_service(feedback, city, "pipes", targets=(urgent, north))
    for district, seconds in ((f"{city}.north", 600), (f"{city}.south", 86_400), (None, 86_400)):
        made = (await citizen.post("/v1/requests", json={"service_id": service, "district_id": district})).json()
        assert time_of(made["due_at"]) - time_of(made["opened_at"]) == timedelta(seconds=seconds)
        assert time_of(made["answer_due_at"]) - time_of(made["opened_at"]) == timedelta(hours=1)


async def test_anybody_can_see_a_request_but_not_who_made_it(citizen: httpx.AsyncClient, lamps: str) -> None:
    made = await make(citizen, lamps, **HOLE)
    seen = (await citizen.get(f"/v1/requests/{made['id']}")).json()
    token = made.pop("receipt_token")
    assert seen == {**made, "answers": [], "notes": []}
    assert HOLE.items() <= seen.items()
    assert token not in str(seen)
    assert "contributor" not in seen


async def test_the_life_of_a_request(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, city: str, events: Events
) -> None:
    made = await make(citizen, lamps, **HOLE, district_id=f"{city}.north")
    assert (await step(clerk, made, status="acknowledged")).json()["acknowledged_at"]
    assert (await step(clerk, made, status="answered", answer="We come on Monday")).json()["first_answered_at"]
    assert (await step(clerk, made, status="answered", answer="We were there")).status_code == 200
    closed = (await step(clerk, made, status="closed", resolution="resolved")).json()
    assert (closed["status"], closed["resolution"]) == ("closed", "resolved")
    reopened = (await step(clerk, made, status="reopened")).json()
    assert (reopened["status"], reopened["resolution"], reopened["closed_at"]) == ("open", None, None)
    again = (await step(clerk, made, status="closed", resolution="declined", answer="It is private ground")).json()
    assert again["first_answered_at"] == closed["first_answered_at"]

    seen = (await citizen.get(f"/v1/requests/{made['id']}")).json()
    texts = [answer["text"] for answer in seen["answers"]]
    assert texts == ["We come on Monday", "We were there", "It is private ground"]

    told = await events(lamps)
    assert [type(event) for event in told] == [
        RequestOpened,
        RequestAcknowledged,
        RequestAnswered,
        RequestAnswered,
        RequestClosed,
        RequestReopened,
        RequestAnswered,
        RequestClosed,
    ]
    assert [event.first for event in told if isinstance(event, RequestAnswered)] == [True, False, False]
    first_closing, last_closing = (event for event in told if isinstance(event, RequestClosed))
    reopening = next(event for event in told if isinstance(event, RequestReopened))
    assert (reopening.closed_at, reopening.resolution) == (first_closing.closed_at, first_closing.resolution)
    assert last_closing.opened_at == time_of(made["opened_at"])
    assert last_closing.due_at == time_of(made["due_at"])
    assert last_closing.first_answered_at == time_of(closed["first_answered_at"])


async def test_events_carry_no_text_and_no_place(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    made = await make(citizen, lamps, **HOLE)
    await step(clerk, made, status="closed", resolution="resolved", answer="Filled with gravel")
    told = " ".join(map(repr, await events(lamps)))
    for secret in ("as a cat", "Elm", "gravel", "42.35", "71.06", made["receipt_token"]):
        assert secret not in told


async def test_two_contributors_of_a_service_have_two_pseudonyms(
    citizen: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    first = await make(citizen, lamps)
    await make(citizen, lamps)
    citizen.headers["Receipt-Token"] = first["receipt_token"]
    third = await make(citizen, lamps)
    assert third["receipt_token"] == first["receipt_token"]
    names = [event.contributor for event in await events(lamps) if isinstance(event, RequestOpened)]
    assert names[0] == names[2] != names[1]


@pytest.mark.parametrize(
    ("before", "then"),
    [
        ([], {"status": "reopened"}),
        ([{"status": "acknowledged"}], {"status": "acknowledged"}),
        ([{"status": "answered"}], {"status": "acknowledged"}),
        ([{"status": "closed", "resolution": "invalid"}], {"status": "acknowledged"}),
        ([{"status": "closed", "resolution": "invalid"}], {"status": "answered", "answer": "Too late"}),
        ([{"status": "closed", "resolution": "invalid"}], {"status": "closed", "resolution": "resolved"}),
    ],
)
async def test_steps_that_the_state_does_not_allow(
    citizen: httpx.AsyncClient,
    clerk: httpx.AsyncClient,
    lamps: str,
    events: Events,
    before: list[dict[str, str]],
    then: dict[str, str],
) -> None:
    made = await make(citizen, lamps)
    for wanted in before:
        assert (await step(clerk, made, **wanted)).status_code == 200
    refused = await step(clerk, made, **then)
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:civicloop:problem:illegal-step"
    assert len(await events(lamps)) == 1 + len(before)


@pytest.mark.parametrize(
    "at",
    [
        timedelta(days=-1),
        timedelta(minutes=6),
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "0000-01-01T00:00:00Z",
        "2026-05-04T10:00:00",
        "yesterday",
        1_700_000_000,
    ],
)
async def test_times_at_which_it_cannot_have_happened(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, at: Any
) -> None:
    made = await make(citizen, lamps)
    stated = (datetime.now(UTC) + at).isoformat() if isinstance(at, timedelta) else at
    assert (await step(clerk, made, status="closed", resolution="resolved", at=stated)).status_code == 422
    assert (await citizen.get(f"/v1/requests/{made['id']}")).json()["status"] == "open"


async def test_a_step_is_not_before_the_one_that_came_before_it(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str
) -> None:
    made = await make(citizen, lamps)
    soon = datetime.now(UTC) + timedelta(minutes=4)
    assert (await step(clerk, made, status="answered", at=soon.isoformat())).status_code == 200
    early = await step(clerk, made, status="closed", resolution="resolved", at=datetime.now(UTC).isoformat())
    assert early.json()["type"] == "urn:civicloop:problem:impossible-time"
    closed = (await step(clerk, made, status="closed", resolution="resolved")).json()
    assert time_of(closed["closed_at"]) == soon


async def test_only_staff_moves_requests(citizen: httpx.AsyncClient, importer: httpx.AsyncClient, lamps: str) -> None:
    made = await make(citizen, lamps)
    assert (await step(citizen, made, status="acknowledged")).status_code == 401
    assert (await step(importer, made, status="acknowledged")).status_code == 403
    citizen.headers["Authorization"] = "Bearer clk_nobody_x"
    assert (await step(citizen, made, status="acknowledged")).status_code == 401


@pytest.mark.parametrize(
    "wanted",
    [
        {"status": "closed"},
        {"status": "closed", "resolution": "fixed"},
        {"status": "answered", "resolution": "resolved"},
        {"status": "reopened", "answer": "Sorry"},
        {"status": "progressed"},
        {"status": "progressed", "state": "fixed"},
        {"status": "progressed", "state": "asleep"},
        {"status": "answered", "state": "investigating"},
        {"status": "closed", "resolution": "resolved", "state": "no_further_action"},
        {"status": "closed", "state": "in_progress"},
        {"status": "answered", "answer": "Yes", "template": "01a21068-f35c-73df-b7f4-3bee6e13c195"},
        {"status": "answered", "answer": "  "},
        {"status": "open"},
        {},
    ],
)
async def test_steps_that_make_no_sense(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, wanted: dict[str, str]
) -> None:
    assert (await step(clerk, await make(citizen, lamps), **wanted)).status_code == 422


async def test_an_open_request_comes_further_and_ends_in_a_state_of_its_own(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    made = await make(citizen, lamps)
    assert made["state"] == "open"
    assert (await step(clerk, made, status="acknowledged")).json()["state"] == "acknowledged"
    assert (await step(clerk, made, status="progressed", state="INVESTIGATING")).json()["state"] == "investigating"
    moved = (await step(clerk, made, status="progressed", state="Action scheduled", answer="On Monday")).json()
    assert (moved["state"], moved["status"], bool(moved["first_answered_at"])) == ("action_scheduled", "open", True)
    again = await step(clerk, made, status="progressed", state="action-scheduled")
    assert (again.status_code, again.json()["type"]) == (409, "urn:civicloop:problem:illegal-step")
    closed = (await step(clerk, made, status="closed", state="not_councils_responsibility")).json()
    assert (closed["state"], closed["resolution"]) == ("not_councils_responsibility", "declined")
    found = await citizen.get("/v1/requests", params={"service_id": lamps, "state": "NOT_COUNCILS_RESPONSIBILITY"})
    assert [each["id"] for each in found.json()["items"]] == [made["id"]]
    assert (await step(clerk, made, status="progressed", state="investigating")).status_code == 409
    assert (await step(clerk, made, status="reopened")).json()["state"] == "open"
    assert (await step(clerk, made, status="closed", resolution="resolved")).json()["state"] == "fixed"
    told = await events(lamps)
    assert [event.state for event in told if isinstance(event, RequestProgressed)] == [
        "investigating", "action_scheduled",
    ]  # fmt: skip
    early = datetime.now(UTC) - timedelta(days=1)
    refused = await step(clerk, await make(citizen, lamps), status="progressed", state="in_progress", at=str(early))
    assert refused.status_code == 422


async def test_who_made_a_request_can_have_it_reopened_for_a_while(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str,
    events: Events,
) -> None:  # fmt: skip
    made = await make(citizen, lamps)
    await step(clerk, made, status="closed", resolution="resolved")
    address = f"/v1/requests/{made['id']}/reopening"
    neighbour.headers["Receipt-Token"] = (await make(neighbour, lamps))["receipt_token"]
    assert (await citizen.post(address, json={})).status_code == 401
    refused = await neighbour.post(address, json={})
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:civicloop:problem:not-yours")
    citizen.headers["Receipt-Token"] = made["receipt_token"]
    once = {"Idempotency-Key": "again"}
    opened = await citizen.post(address, json={"note": "It is dark again"}, headers=once)
    assert (opened.status_code, opened.json()["status"], opened.json()["state"]) == (200, "open", "open")
    assert (await citizen.post(address, json={"note": "It is dark again"}, headers=once)).json() == opened.json()
    assert (await citizen.post(address, json={})).status_code == 409
    (note,) = (await citizen.get(f"/v1/requests/{made['id']}")).json()["notes"]
    assert (note["by"], note["text"]) == ("reporter", "It is dark again")
    assert [type(event).__name__ for event in await events(lamps)][-2:] == ["RequestReopened", "NotePosted"]

    await step(clerk, made, status="closed", resolution="resolved")
    async with connection(feedback.state.engine) as database:
        await database.execute(
            "UPDATE request SET opened_at = opened_at - interval '40 days', closed_at = closed_at - interval '31 days' "
            "WHERE id = $1", made["id"],
        )  # fmt: skip
    late = await citizen.post(address, json={})
    assert (late.status_code, late.json()["type"]) == (409, "urn:civicloop:problem:too-late-to-reopen")
    assert (await step(clerk, made, status="reopened")).status_code == 200


async def test_two_who_close_at_once(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, other_feedback: FastAPI, lamps: str, events: Events
) -> None:
    made = await make(citizen, lamps)
    async with client_of(other_feedback) as second:
        second.headers["Authorization"] = clerk.headers["Authorization"]
        endings = ("resolved", "declined", "invalid", "duplicate") * 3
        answers = await asyncio.gather(
            *(step((clerk, second)[n % 2], made, status="closed", resolution=it) for n, it in enumerate(endings))
        )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 11
    assert [type(event) for event in await events(lamps)] == [RequestOpened, RequestClosed]


async def test_a_request_that_does_not_exist(citizen: httpx.AsyncClient, clerk: httpx.AsyncClient) -> None:
    nobody = {"id": "01a21068-f35c-73df-b7f4-3bee6e13c195"}
    assert (await citizen.get(f"/v1/requests/{nobody['id']}")).status_code == 404
    assert (await step(clerk, nobody, status="acknowledged")).status_code == 404
    assert (await citizen.get("/v1/requests/12")).status_code == 422


async def test_the_list_pages_through_what_was_asked_for(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, city: str
) -> None:
    made = [await make(citizen, lamps) for _ in range(5)]
    await step(clerk, made[0], status="closed", resolution="resolved")
    seen: list[str] = []
    asked = {"jurisdiction_id": city, "limit": "2"}
    while True:
        page = (await citizen.get("/v1/requests", params=asked)).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        asked["cursor"] = page["next"]
    assert seen == [item["id"] for item in reversed(made)]

    closed = (await citizen.get("/v1/requests", params={"service_id": lamps, "status": "closed"})).json()
    assert [item["id"] for item in closed["items"]] == [made[0]["id"]]
    opened = (await citizen.get("/v1/requests", params={"service_id": lamps, "status": "open"})).json()
    assert len(opened["items"]) == 4


@pytest.mark.parametrize("query", ["cursor=x", "cursor=WzFd", "cursor=WyJhIl0", "limit=0", "limit=1001", "status=gone"])
async def test_lists_that_cannot_be_given(citizen: httpx.AsyncClient, query: str) -> None:
    assert (await citizen.get(f"/v1/requests?{query}")).status_code in (400, 422)


async def test_what_a_contributor_gave(citizen: httpx.AsyncClient, lamps: str) -> None:
    made = await make(citizen, lamps)
    await make(citizen, lamps)
    citizen.headers["Authorization"] = f"Bearer {made['receipt_token']}"
    rated = (await citizen.post("/v1/ratings", json={"service_id": lamps, "value": 2})).json()
    mine = (await citizen.get("/v1/me")).json()
    assert [item["id"] for item in mine["requests"]] == [made["id"]]
    assert [item["id"] for item in mine["ratings"]] == [rated["id"]]


async def test_a_point_tells_the_district(citizen: httpx.AsyncClient, city: str, poles: str) -> None:
    made_at = await make(citizen, poles, latitude=48.5, longitude=16.2)
    assert made_at["district_id"] == f"{city}.north"
    named = await make(citizen, poles, latitude=48.5, longitude=16.2, district_id=f"{city}.south")
    assert named["district_id"] == f"{city}.south"
    outside = await citizen.post("/v1/requests", json={"service_id": poles, "latitude": 1.0, "longitude": 1.0})
    assert (outside.status_code, outside.json()["type"].rsplit(":", 1)[1]) == (422, "outside-jurisdiction")


async def test_what_others_have_reported_nearby_is_seen_first(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, poles: str, lamps: str
) -> None:
    here = {"latitude": 48.5, "longitude": 16.2}
    near = await make(citizen, poles, latitude=48.5005, longitude=16.2)
    nearer = await make(citizen, poles, latitude=48.5, longitude=16.2002)
    await make(citizen, poles, latitude=48.51, longitude=16.2)
    await make(citizen, lamps, **here)
    closed = await make(citizen, poles, **here)
    await step(clerk, closed, status="closed", resolution="resolved")
    found = (await citizen.get("/v1/requests/nearby", params={"service_id": poles, **here})).json()
    assert [(each["id"], each["metres"]) for each in found] == [(nearer["id"], 15), (near["id"], 56)]
    wrong = await citizen.get("/v1/requests/nearby", params={"service_id": poles, "latitude": "nan", "longitude": 1})
    assert wrong.status_code == 422
