"""Whoever made a request is invited to rate when it is closed, and can do so once."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from services.feedback.me.erasing import erase_some
from shared.contracts.feedback import RatingErased, RatingGiven
from shared.database import transaction
from tests.feedback.conftest import Events

CLOSED = {"status": "closed", "resolution": "resolved"}


async def request_by(citizen: httpx.AsyncClient, service: str, **more: Any) -> Any:
    return (await citizen.post("/v1/requests", json={"service_id": service, **more})).json()


async def step(clerk: httpx.AsyncClient, made: Any, **what: str) -> None:
    assert (await clerk.post(f"/v1/requests/{made['id']}/status", json=what)).status_code == 200


async def invitations(citizen: httpx.AsyncClient, token: str) -> list[Any]:
    answer = await citizen.get("/v1/me/invitations", headers={"Receipt-Token": token})
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


async def invited(citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, service: str, **more: Any) -> tuple[Any, str]:
    """A closed request, and the token of the invitation to rate it."""
    made = await request_by(citizen, service, **more)
    await step(clerk, made, **CLOSED)
    (invitation,) = await invitations(citizen, made["receipt_token"])
    assert (invitation["request_id"], invitation["service_id"], invitation["state"]) == (made["id"], service, "open")
    return made, invitation["token"]


async def rate(citizen: httpx.AsyncClient, token: str, **more: Any) -> httpx.Response:
    return await citizen.post(f"/v1/invitations/{token}", json={"value": 5, **more})


def ratings(told: list[Any]) -> list[RatingGiven]:
    return [event for event in told if isinstance(event, RatingGiven)]


async def test_a_closing_invites_and_the_rating_counts_as_the_contributors(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, city: str, events: Events
) -> None:
    made, token = await invited(citizen, clerk, lamps, district_id=f"{city}.north")
    assert (await citizen.get(f"/v1/invitations/{token}")).json()["state"] == "open"
    answer = await rate(citizen, token, comment="Quick", aspects={"empathy": 4}, campaign="letter", channel="e-mail")
    assert answer.status_code == 201, answer.text
    given = answer.json()
    assert (given["request_id"], given["service_id"], given["district_id"]) == (made["id"], lamps, f"{city}.north")
    assert "receipt_token" not in given
    assert (await citizen.get(f"/v1/invitations/{token}")).json()["state"] == "used"
    assert await invitations(citizen, made["receipt_token"]) == []
    opened, *_, told = await events(lamps)
    assert isinstance(told, RatingGiven)
    assert told.contributor == opened.contributor
    assert (told.request_id, told.aspects, told.campaign) == (made["id"], {"empathy": 4}, "letter")
    mine = (await citizen.get("/v1/me", headers={"Receipt-Token": made["receipt_token"]})).json()
    assert [rating["id"] for rating in mine["ratings"]] == [given["id"]]


async def test_it_replaces_their_earlier_rating_and_is_replaced_by_a_later_one(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    made, token = await invited(citizen, clerk, lamps)
    mine = {"Receipt-Token": made["receipt_token"]}
    body = {"service_id": lamps, "value": 1}
    first = (await citizen.post("/v1/ratings", json=body, headers=mine)).json()
    second = (await rate(citizen, token, value=4)).json()
    await citizen.post("/v1/ratings", json=body, headers=mine)
    replaced = [event.replaces and (event.replaces.rating_id, event.replaces.value) for event in
                ratings(await events(lamps))]  # fmt: skip
    assert replaced == [None, (first["id"], 1), (second["id"], 4)]


async def test_it_works_once(citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events) -> None:
    _, token = await invited(citizen, clerk, lamps)
    assert (await rate(citizen, token)).status_code == 201
    again = await rate(citizen, token)
    assert again.status_code == 409
    assert again.json()["type"] == "urn:civicloop:problem:invitation-spent"
    assert len(ratings(await events(lamps))) == 1


async def test_raced_through_two_processes_it_works_once(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    _, token = await invited(citizen, clerk, lamps)
    answers = await asyncio.gather(*(rate(client, token) for client in (citizen, neighbour) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 15
    assert len(ratings(await events(lamps))) == 1


async def test_sent_twice_with_a_key_it_gets_the_first_answer(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str
) -> None:
    _, token = await invited(citizen, clerk, lamps)
    key = {"Idempotency-Key": str(uuid4())}
    sent = [
        client.post(f"/v1/invitations/{token}", json={"value": 5}, headers=key)
        for client in (citizen, neighbour)
        for _ in range(4)
    ]
    answers = await asyncio.gather(*sent)
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}


async def test_a_reopened_request_takes_it_back_and_the_next_closing_makes_another(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    made, first = await invited(citizen, clerk, lamps)
    await step(clerk, made, status="reopened")
    assert (await rate(citizen, first)).status_code == 409
    assert await invitations(citizen, made["receipt_token"]) == []
    await step(clerk, made, **CLOSED)
    (second,) = await invitations(citizen, made["receipt_token"])
    assert second["token"] != first
    assert (await rate(citizen, first)).status_code == 409
    assert (await rate(citizen, second["token"])).status_code == 201
    await step(clerk, made, status="reopened")
    assert (await citizen.get(f"/v1/invitations/{second['token']}")).json()["state"] == "used"
    assert len(ratings(await events(lamps))) == 1


async def test_raced_with_a_reopening_either_comes_first(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    for _ in range(6):
        made, token = await invited(citizen, clerk, lamps)
        before = len(ratings(await events(lamps)))
        answer, _ = await asyncio.gather(rate(neighbour, token), step(clerk, made, status="reopened"))
        state = (await citizen.get(f"/v1/invitations/{token}")).json()["state"]
        assert (answer.status_code, state) in ((201, "used"), (409, "void"))
        assert len(ratings(await events(lamps))) - before == (answer.status_code == 201)


async def test_who_has_rated_the_request_otherwise_is_not_asked(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str
) -> None:
    made, _ = await invited(citizen, clerk, lamps)
    body = {"service_id": lamps, "value": 3, "request_id": made["id"]}
    await citizen.post("/v1/ratings", json=body, headers={"Receipt-Token": made["receipt_token"]})
    assert await invitations(citizen, made["receipt_token"]) == []


async def test_a_closing_by_an_open311_client_invites(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, city: str
) -> None:
    made = await request_by(citizen, lamps)
    update = {"jurisdiction_id": city, "service_request_id": made["id"], "status": "FIXED", "update_id": made["id"]}
    update["api_key"] = clerk.headers["Authorization"].removeprefix("Bearer ")
    answer = await citizen.post("/open311/v2/servicerequestupdates.json", data=update)
    assert answer.status_code == 200, answer.text
    assert len(await invitations(citizen, made["receipt_token"])) == 1


async def test_tokens_that_invite_to_nothing(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str
) -> None:
    made, token = await invited(citizen, clerk, lamps)
    last = "B" if token[-1] == "A" else "A"
    unknown = feedback.state.receipts.invitation_token(uuid4())
    forged = (token[:-1] + last, token + "A", token[:-1], "cli_", "x", made["receipt_token"], unknown, "cli_%00", "é")
    for bad in forged:
        answer = await rate(citizen, bad)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:civicloop:problem:unknown-invitation"), bad
        assert (await citizen.get(f"/v1/invitations/{bad}")).status_code == 404
    assert (await citizen.get("/v1/me", headers={"Receipt-Token": token})).status_code == 401
    assert (await citizen.get("/v1/me/invitations")).status_code == 401
    assert (await rate(citizen, token, value=6)).status_code == 422
    assert (await rate(citizen, token)).status_code == 201


async def test_it_goes_with_its_request(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str
) -> None:
    made, token = await invited(citizen, clerk, lamps)
    async with transaction(feedback.state.engine) as database:
        await database.execute("DELETE FROM request WHERE id = $1", made["id"])
    assert (await rate(citizen, token)).status_code == 404
    assert await invitations(citizen, made["receipt_token"]) == []


async def test_erased_with_all_that_its_contributor_gave(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str, events: Events
) -> None:
    made, token = await invited(citizen, clerk, lamps)
    key = {"Idempotency-Key": str(uuid4())}
    rating = {"value": 5, "comment": "Behind the barn", "aspects": {"empathy": 2}}
    assert (await citizen.post(f"/v1/invitations/{token}", json=rating, headers=key)).status_code == 201
    mine = {"Receipt-Token": made["receipt_token"]}
    asked = (await citizen.delete("/v1/me", headers=mine)).json()
    while await erase_some(feedback.state.engine, UUID(asked["id"])):
        pass
    (told,) = (event for event in await events(lamps) if isinstance(event, RatingErased))
    assert (told.value, told.aspects) == (5, {"empathy": 2})
    assert (await rate(citizen, token)).status_code == 404
    async with transaction(feedback.state.engine) as database:
        assert "barn" not in str(await database.fetch("SELECT * FROM idempotency"))


async def test_many_are_paged(citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str) -> None:
    made, _ = await invited(citizen, clerk, lamps)
    mine = {"Receipt-Token": made["receipt_token"]}
    for _ in range(2):
        answer = await citizen.post("/v1/requests", json={"service_id": lamps}, headers=mine)
        await step(clerk, answer.json(), **CLOSED)
    first = (await citizen.get("/v1/me/invitations?limit=2", headers=mine)).json()
    rest = (await citizen.get(f"/v1/me/invitations?limit=2&cursor={first['next']}", headers=mine)).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)
    assert (await citizen.get("/v1/me/invitations?cursor=eA", headers=mine)).status_code == 400
