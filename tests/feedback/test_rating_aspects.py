"""Ratings with aspects, about a closed request, and with the campaign that brought them."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.contracts.feedback import RatingGiven, RatingWithdrawn, RequestOpened
from tests.feedback.conftest import Events, tell_of_service

ASPECTS = {"tangibles": 3, "reliability": 5, "responsiveness": 1, "assurance": 4, "empathy": 2}


async def rate(citizen: httpx.AsyncClient, token: str | None = None, **body: Any) -> httpx.Response:
    headers = {"Receipt-Token": token} if token else {}
    return await citizen.post("/v1/ratings", json={"value": 4, **body}, headers=headers)


async def closed_request(citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, service: str, **more: Any) -> Any:
    made = (await citizen.post("/v1/requests", json={"service_id": service, **more})).json()
    step = {"status": "closed", "resolution": "resolved"}
    assert (await clerk.post(f"/v1/requests/{made['id']}/status", json=step)).status_code == 200
    return made


async def test_aspects_are_kept_shown_and_told(citizen: httpx.AsyncClient, lamps: str, events: Events) -> None:
    given = (await rate(citizen, service_id=lamps, aspects=ASPECTS, campaign="Poster 7", channel="web")).json()
    assert (given["aspects"], given["campaign"], given["request_id"]) == (ASPECTS, "Poster 7", None)
    assert (await citizen.get(f"/v1/ratings/{given['id']}")).json()["aspects"] == ASPECTS
    token = given["receipt_token"]
    again = (await rate(citizen, token, service_id=lamps, aspects={"empathy": 5})).json()
    await citizen.delete(f"/v1/ratings/{again['id']}", headers={"Receipt-Token": token})
    first, second, gone = await events(lamps)
    assert isinstance(first, RatingGiven)
    assert (first.aspects, first.campaign, first.request_id) == (ASPECTS, "Poster 7", None)
    assert isinstance(second, RatingGiven)
    assert second.replaces is not None
    assert (second.aspects, second.replaces.aspects) == ({"empathy": 5}, ASPECTS)
    assert isinstance(gone, RatingWithdrawn)
    assert gone.aspects == {"empathy": 5}


async def test_a_rating_without_aspects_is_as_before(citizen: httpx.AsyncClient, lamps: str, events: Events) -> None:
    first = (await rate(citizen, service_id=lamps)).json()
    second = (await rate(citizen, service_id=lamps, aspects={})).json()
    assert first["aspects"] is second["aspects"] is None
    assert [event.aspects for event in await events(lamps) if isinstance(event, RatingGiven)] == [None, None]


@pytest.mark.parametrize(
    "aspects", [{"empathy": 0}, {"empathy": 6}, {"empathy": "5"}, {"empathy": 4.5}, {"empathy": None}, {"speed": 3},
                {"Empathy": 3}, {"empathy\0": 3}, [5], "empathy", 5],
)  # fmt: skip
async def test_aspects_that_are_none(citizen: httpx.AsyncClient, lamps: str, events: Events, aspects: Any) -> None:
    refused = await rate(citizen, service_id=lamps, aspects=aspects)
    assert refused.status_code == 422, refused.text
    assert await events(lamps) == []


async def test_a_closed_request_is_rated_by_who_made_it(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    made = await closed_request(citizen, clerk, lamps)
    rated = await rate(citizen, made["receipt_token"], service_id=lamps, request_id=made["id"])
    assert rated.status_code == 201
    assert rated.json()["request_id"] == made["id"]
    told = (await events(lamps))[-1]
    assert isinstance(told, RatingGiven)
    assert told.request_id == made["id"]


async def test_a_request_that_cannot_be_rated(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: Any, city: str, lamps: str, events: Events
) -> None:
    trees = await tell_of_service(feedback, city, "trees")
    made = await closed_request(citizen, clerk, lamps)
    still_open = (await citizen.post("/v1/requests", json={"service_id": lamps})).json()
    someone = (await rate(citizen, service_id=trees)).json()["receipt_token"]
    before = len(await events(lamps)) + len(await events(trees))
    for token, service, request_id in (
        (None, lamps, made["id"]),
        (someone, lamps, made["id"]),
        (made["receipt_token"], trees, made["id"]),
        (still_open["receipt_token"], lamps, still_open["id"]),
        (made["receipt_token"], lamps, str(uuid4())),
        (made["receipt_token"], lamps, "1"),
    ):
        refused = await rate(citizen, token, service_id=service, request_id=request_id)
        assert refused.status_code == 422, refused.text
    assert len(await events(lamps)) + len(await events(trees)) == before


async def test_a_request_tells_its_campaign(citizen: httpx.AsyncClient, lamps: str, events: Events) -> None:
    made = (await citizen.post("/v1/requests", json={"service_id": lamps, "campaign": "Spring clean"})).json()
    assert (await citizen.get(f"/v1/requests/{made['id']}")).json()["campaign"] == "Spring clean"
    (told,) = await events(lamps)
    assert isinstance(told, RequestOpened)
    assert told.campaign == "Spring clean"


async def test_an_open311_report_tells_channel_and_campaign(
    citizen: httpx.AsyncClient, lamps: str, city: str, events: Events
) -> None:
    report = {"jurisdiction_id": city, "service_code": lamps, "address_string": "Main St 1"}
    told = {"channel": "kiosk", "campaign": "Spring clean"}
    for extra, status in ((told, 201), ({}, 201), ({"campaign": "a\0b"}, 400), ({"channel": "x" * 201}, 400)):
        answer = await citizen.post("/open311/v2/requests.json", data={**report, **extra})
        assert answer.status_code == status, answer.text
    said = [(event.channel, event.campaign) for event in await events(lamps) if isinstance(event, RequestOpened)]
    assert said == [("kiosk", "Spring clean"), ("open311", None)]


async def test_the_interface_says_what_an_aspect_is(citizen: httpx.AsyncClient) -> None:
    document = (await citizen.get("/openapi.json")).json()
    content = document["paths"]["/v1/ratings"]["post"]["requestBody"]["content"]["application/json"]
    (taken, _) = content["schema"]["properties"]["aspects"]["anyOf"]
    assert taken["propertyNames"]["enum"] == list(ASPECTS)
    assert "$defs" not in str(content)
