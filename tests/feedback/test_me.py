"""What somebody who gave something can see of it, and take along."""

from typing import Any
from uuid import uuid4

import httpx

from tests.feedback.conftest import tell_of_service


async def give(citizen: httpx.AsyncClient, route: str, body: dict[str, Any], token: str | None = None) -> Any:
    headers = {"Receipt-Token": token} if token else {}
    answer = await citizen.post(route, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def ask(client: httpx.AsyncClient, path: str, token: str) -> Any:
    answer = await client.get(path, headers={"Receipt-Token": token})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_newest_comes_first_and_only_mine(citizen: httpx.AsyncClient, lamps: str) -> None:
    first = await give(citizen, "/v1/requests", {"service_id": lamps})
    token = first["receipt_token"]
    await give(citizen, "/v1/requests", {"service_id": lamps})
    second = await give(citizen, "/v1/requests", {"service_id": lamps}, token)
    mine = await ask(citizen, "/v1/me", token)
    assert [each["id"] for each in mine["requests"]] == [second["id"], first["id"]]
    assert mine["ratings"] == []
    newest = await ask(citizen, "/v1/me?limit=1", token)
    assert [each["id"] for each in newest["requests"]] == [second["id"]]


async def test_what_was_given_in_another_city_is_mine_too(
    citizen: httpx.AsyncClient, feedback: Any, lamps: str
) -> None:
    """Also where feedback has not heard of the city yet, only of its service."""
    abroad = await tell_of_service(feedback, f"{lamps}-abroad", "trees")
    token = (await give(citizen, "/v1/ratings", {"service_id": lamps, "value": 2}))["receipt_token"]
    await give(citizen, "/v1/ratings", {"service_id": abroad, "value": 5}, token)
    assert [each["service_id"] for each in (await ask(citizen, "/v1/me", token))["ratings"]] == [abroad, lamps]


async def test_an_export_holds_all_that_is_kept(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, poles: str, city: str
) -> None:
    form = {
        "service_code": poles, "lat": "48.5", "long": "16.2", "description": "It leans", "email": "ana@example.org",
        "first_name": "Ana", "attribute[KIND]": "led",
    }  # fmt: skip
    reported = await citizen.post(f"/open311/v2/requests.json?jurisdiction_id={city}", data=form)
    token = reported.headers["Receipt-Token"]
    (told,) = reported.json()
    for step in ({"status": "closed", "resolution": "resolved", "answer": "It stands"}, {"status": "reopened"}):
        moved = await clerk.post(f"/v1/requests/{told['service_request_id']}/status", json=step)
        assert moved.status_code == 200
    for value in (1, 4):
        await give(citizen, "/v1/ratings", {"service_id": poles, "value": value, "comment": "Hm"}, token)
    everything = await ask(citizen, "/v1/me/export", token)
    (request,) = everything["requests"]
    assert request["description"] == "It leans"
    assert request["particulars"]["contact"] == {"email": "ana@example.org", "first_name": "Ana"}
    assert request["particulars"]["attributes"] == {"KIND": "led"}
    assert [answer["text"] for answer in request["answers"]] == ["It stands"]
    assert [undone["resolution"] for undone in request["reopenings"]] == ["resolved"]
    assert [(each["value"], each["state"]) for each in everything["ratings"]] == [(1, "replaced"), (4, "current")]
    assert everything["exported_at"]


async def test_nobody_is_told_without_saying_who_they_are(citizen: httpx.AsyncClient) -> None:
    for method, path in (("GET", "/v1/me"), ("GET", "/v1/me/export"), ("DELETE", "/v1/me")):
        refused = await citizen.request(method, path)
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert (await citizen.request(method, path, headers={"Receipt-Token": "clr_x"})).status_code == 401


async def correct(client: httpx.AsyncClient, path: str, body: Any, token: str) -> httpx.Response:
    return await client.patch(path, json=body, headers={"Receipt-Token": token})


async def test_an_open_request_is_corrected_and_staff_sees_what_it_said(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str
) -> None:
    made = await give(citizen, "/v1/requests", {"service_id": lamps, "description": "Elm 12", "address": "Elm 12"})
    token, path = made["receipt_token"], f"/v1/me/requests/{made['id']}"
    corrected = await correct(citizen, path, {"description": "Elm 21"}, token)
    assert (corrected.status_code, corrected.json()["description"], corrected.json()["address"]) == (
        200, "Elm 21", "Elm 12")  # fmt: skip
    told = {"address": None, "contact": {"email": "ana@example.org"}}
    assert (await correct(citizen, path, told, token)).json()["address"] is None
    assert (await citizen.get(f"/v1/requests/{made['id']}")).json()["description"] == "Elm 21"
    (kept,) = (await ask(citizen, "/v1/me/export", token))["requests"]
    assert kept["particulars"]["contact"] == {"email": "ana@example.org"}
    before = (await clerk.get(f"/v1/requests/{made['id']}/corrections")).json()
    assert [(each["description"], each["address"]) for each in before] == [("Elm 12", "Elm 12"), ("Elm 21", "Elm 12")]
    assert (await citizen.get(f"/v1/requests/{made['id']}/corrections")).status_code == 401
    other = await give(citizen, "/v1/requests", {"service_id": lamps})
    assert (await correct(citizen, path, {"description": "x"}, other["receipt_token"])).status_code == 403
    step = {"status": "closed", "resolution": "resolved"}
    assert (await clerk.post(f"/v1/requests/{made['id']}/status", json=step)).status_code == 200
    assert (await correct(citizen, path, {"description": "x"}, token)).status_code == 409


async def test_the_comment_of_a_rating_that_counts_is_corrected(citizen: httpx.AsyncClient, lamps: str) -> None:
    rated = await give(citizen, "/v1/ratings", {"service_id": lamps, "value": 2, "comment": "Dimm"})
    token, path = rated["receipt_token"], f"/v1/me/ratings/{rated['id']}"
    assert (await correct(citizen, path, {"comment": "Dim"}, token)).json()["comment"] == "Dim"
    assert (await citizen.get(f"/v1/ratings/{rated['id']}")).json()["comment"] == "Dim"
    assert (await correct(citizen, path, {}, token)).status_code == 422
    await give(citizen, "/v1/ratings", {"service_id": lamps, "value": 3}, token)
    assert (await correct(citizen, path, {"comment": "x"}, token)).status_code == 409
    unknown = f"/v1/me/ratings/{uuid4()}"
    assert (await correct(citizen, unknown, {"comment": "x"}, token)).status_code == 404
