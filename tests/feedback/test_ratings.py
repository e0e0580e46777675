"""Citizens rate services: the latest rating of each counts, and can be taken back."""

from typing import Any

import httpx
import pytest

from shared.contracts.feedback import RatingGiven, RatingWithdrawn
from tests.feedback.conftest import Events, tell_of_service


async def rate(citizen: httpx.AsyncClient, service: str, value: int, token: str | None = None, **more: Any) -> Any:
    headers = {"Receipt-Token": token} if token else {}
    answer = await citizen.post("/v1/ratings", json={"service_id": service, "value": value, **more}, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def take_back(citizen: httpx.AsyncClient, rating: dict[str, Any], token: str) -> httpx.Response:
    return await citizen.delete(f"/v1/ratings/{rating['id']}", headers={"Receipt-Token": token})


async def test_a_rating_is_taken(citizen: httpx.AsyncClient, lamps: str, city: str, events: Events) -> None:
    given = await rate(citizen, lamps, 4, comment="Bright enough", channel="web", district_id=f"{city}.south")
    assert (given["service_id"], given["value"], given["state"]) == (lamps, 4, "current")
    seen = (await citizen.get(f"/v1/ratings/{given['id']}")).json()
    assert seen == {name: value for name, value in given.items() if name != "receipt_token"}
    (told,) = await events(lamps)
    assert isinstance(told, RatingGiven)
    assert (told.value, told.channel, told.district_id) == (4, "web", f"{city}.south")
    assert (told.rating_id, told.jurisdiction_id, told.replaces) == (given["id"], city, None)
    assert "Bright" not in repr(told)
    assert given["receipt_token"] not in repr(told)


async def test_the_latest_of_a_contributor_counts(citizen: httpx.AsyncClient, lamps: str, events: Events) -> None:
    first = await rate(citizen, lamps, 1)
    token = first["receipt_token"]
    second = await rate(citizen, lamps, 5, token)
    await rate(citizen, lamps, 3)
    assert second["receipt_token"] == token
    assert (await citizen.get(f"/v1/ratings/{first['id']}")).json()["state"] == "replaced"
    assert (await citizen.get(f"/v1/ratings/{second['id']}")).json()["state"] == "current"
    told = [event for event in await events(lamps) if isinstance(event, RatingGiven)]
    assert told[0].contributor == told[1].contributor != told[2].contributor
    assert told[2].replaces is None
    replaced = told[1].replaces
    assert replaced is not None
    assert (replaced.rating_id, replaced.value, replaced.given_at) == (first["id"], 1, told[0].given_at)


async def test_another_service_is_another_rating(
    citizen: httpx.AsyncClient, feedback: Any, city: str, lamps: str, events: Events
) -> None:
    trees = await tell_of_service(feedback, city, "trees")
    token = (await rate(citizen, lamps, 1))["receipt_token"]
    await rate(citizen, trees, 2, token)
    (told,) = await events(trees)
    assert isinstance(told, RatingGiven)
    assert told.replaces is None


async def test_a_rating_is_taken_back(citizen: httpx.AsyncClient, lamps: str, events: Events) -> None:
    given = await rate(citizen, lamps, 2)
    withdrawn = await take_back(citizen, given, given["receipt_token"])
    assert withdrawn.json()["state"] == "withdrawn"
    assert (await take_back(citizen, given, given["receipt_token"])).status_code == 409
    told = (await events(lamps))[1]
    assert isinstance(told, RatingWithdrawn)
    assert (told.rating_id, told.value) == (given["id"], 2)
    again = await rate(citizen, lamps, 3, given["receipt_token"])
    last = (await events(lamps))[2]
    assert isinstance(last, RatingGiven)
    assert (last.rating_id, last.replaces) == (again["id"], None)


async def test_a_replaced_rating_cannot_be_taken_back(citizen: httpx.AsyncClient, lamps: str) -> None:
    given = await rate(citizen, lamps, 2)
    await rate(citizen, lamps, 3, given["receipt_token"])
    refused = await take_back(citizen, given, given["receipt_token"])
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:civicloop:problem:rating-not-current"


async def test_nobody_else_takes_it_back(citizen: httpx.AsyncClient, lamps: str, events: Events) -> None:
    given, other = await rate(citizen, lamps, 2), await rate(citizen, lamps, 2)
    assert (await citizen.delete(f"/v1/ratings/{given['id']}")).status_code == 401
    assert (await take_back(citizen, given, other["receipt_token"])).status_code == 403
    assert (
        await take_back(citizen, {"id": "01a21068-f35c-73df-b7f4-3bee6e13c195"}, other["receipt_token"])
    ).status_code == 404
    assert len(await events(lamps)) == 2


@pytest.mark.parametrize("header", ["Receipt-Token", "Authorization"])
async def test_a_token_that_was_tampered_with_is_refused(citizen: httpx.AsyncClient, lamps: str, header: str) -> None:
    token = (await rate(citizen, lamps, 2))["receipt_token"]
    last, tenth = ("B" if token[place] == "A" else "A" for place in (-1, 10))
    for forged in (token[:-1] + last, token[:10] + tenth + token[11:], token + "A", token[:-1], "clr_", "clr_??", "x"):
        value = forged if header == "Receipt-Token" else f"Bearer {forged}"
        body = {"service_id": lamps, "value": 3}
        refused = await citizen.post("/v1/ratings", json=body, headers={header: value})
        assert refused.status_code == 401, forged
        assert refused.headers["content-type"] == "application/problem+json"
        assert (await citizen.get("/v1/me", headers={header: value})).status_code == 401
    assert (await citizen.get("/v1/me")).status_code == 401
