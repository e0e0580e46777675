"""Lists of proposals: filters, orders, pages and words."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.feedback.conftest import tell_of_service
from tests.feedback.proposing import (
    decide,
    ids,
    need,
    propose,
    refused,
    step,
    supported_by,
)

# Lists


async def test_lists_narrow_and_order(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, city: str, lamps: str
) -> None:
    trees = await tell_of_service(feedback, city, "trees")
    await need(clerk, lamps, 2, days=20)
    await need(clerk, trees, 1, days=5)
    north = await propose(citizen, lamps, district_id=f"{city}.north")
    south = await propose(citizen, lamps, district_id=f"{city}.south")
    tree = await propose(citizen, trees)
    await supported_by(citizen, north, 2)
    await supported_by(citizen, tree, 1)
    assert await ids(citizen, jurisdiction_id=city) == [tree["id"], south["id"], north["id"]]
    assert await ids(citizen, service_id=lamps) == [south["id"], north["id"]]
    assert await ids(citizen, district_id=f"{city}.north") == [north["id"]]
    assert await ids(citizen, jurisdiction_id=city, order="supports") == [north["id"], tree["id"], south["id"]]
    assert await ids(citizen, jurisdiction_id=city, order="deadline") == [tree["id"], north["id"]]
    assert await ids(citizen, jurisdiction_id=city, state="qualified") == [tree["id"], north["id"]]
    await decide(clerk, tree)
    assert await ids(citizen, jurisdiction_id=city, order="deadline") == [north["id"]]
    assert await ids(citizen, jurisdiction_id=city, state="decided") == [tree["id"]]
    assert (await citizen.get("/v1/proposals", params={"state": "draft"})).status_code == 422


@pytest.mark.parametrize("order", ["newest", "supports", "deadline"])
async def test_lists_page(citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, order: str) -> None:
    await need(clerk, lamps, 0)
    made = [await propose(citizen, lamps) for _ in range(5)]
    await supported_by(citizen, made[2], 1)
    query: dict[str, Any] = {"service_id": lamps, "order": order, "limit": 2}
    seen: list[str] = []
    while True:
        page = (await citizen.get("/v1/proposals", params=query)).json()
        seen += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == await ids(citizen, service_id=lamps, order=order)
    assert sorted(seen) == sorted(each["id"] for each in made)
    other = "supports" if order == "newest" else "newest"
    query = {"service_id": lamps, "order": other, "limit": 2}
    cursor = (await citizen.get("/v1/proposals", params=query)).json()["next"]
    await refused(await citizen.get("/v1/proposals", params={"order": order, "cursor": cursor}), 400, "bad-cursor")


async def test_words_are_found_as_their_language_has_them(citizen: httpx.AsyncClient, lamps: str) -> None:
    bench = await propose(citizen, lamps, language="en")
    german = await propose(citizen, lamps, title="Mehr Bänke", text="Sie stehen an Häusern.", language="de-AT")
    plain = await propose(citizen, lamps, title="Benches", text="Everywhere")
    assert await ids(citizen, service_id=lamps, q="benches", language="en") == [plain["id"], bench["id"]]
    assert await ids(citizen, service_id=lamps, q="benches") == [plain["id"]]
    assert await ids(citizen, service_id=lamps, q="Haus", language="de") == [german["id"]]
    assert await ids(citizen, service_id=lamps, q='"look at the water" -lake') == [bench["id"]]
    assert await ids(citizen, service_id=lamps, q="river or everywhere", order="supports")
    await step(citizen, bench, "versions", bench["receipt_token"], text="Somewhere else", why="The water is high")
    assert await ids(citizen, service_id=lamps, q="water") == []
    assert await ids(citizen, service_id=lamps, q="somewhere") == [bench["id"]]
    for odd in ("& | ! :* ( '", "\\", "x" * 200, "\U0001f6b2"):
        assert await ids(citizen, service_id=lamps, q=odd) == []
    assert (await citizen.get("/v1/proposals", params={"q": "a\0"})).status_code == 422


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WzEsMiwzXQ", "WyJuZXdlc3QiLCAiMjAyNi0wMS0wMSIsICJ4Il0", "WyJuZXdlc3QiLDEsMV0"]
)
async def test_cursors_that_are_none(citizen: httpx.AsyncClient, cursor: str) -> None:
    await refused(await citizen.get("/v1/proposals", params={"cursor": cursor}), 400, "bad-cursor")
