"""Whoever has a feed reader follows what happens to requests."""

import feedparser
import httpx

from services.feedback.app import create_app
from services.feedback.settings import FeedbackSettings
from tests.feedback.conftest import client_of
from tests.feedback.proposing import BENCH, decide, propose
from tests.feedback.test_requests import make, step

FEED = "/v1/feeds/requests.atom"


async def test_a_reader_follows_a_service_and_a_district(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, city: str, lamps: str, poles: str
) -> None:
    dark = await make(citizen, lamps, description="It is dark & <b>cold</b>\nreally", district_id=f"{city}.north")
    await make(citizen, poles, description="It leans\u0001", district_id=f"{city}.north")
    await make(citizen, lamps, district_id=f"{city}.south")
    await step(clerk, dark, status="closed", resolution="resolved", answer="There is light")

    answer = await citizen.get(FEED, params={"service_id": lamps})
    assert answer.headers["content-type"].startswith("application/atom+xml")
    read = feedparser.parse(answer.content)
    assert (read.bozo, read.feed.title, len(read.entries)) == (False, "lamps, A city", 2)
    newest = read.entries[0]
    assert newest.title == "lamps, north (resolved): It is dark & <b>cold</b>"
    assert newest.content[0].value == "It is dark & <b>cold</b>\nreally\n\nThere is light"
    assert newest.id == f"urn:uuid:{dark['id']}"
    assert newest.link.endswith(f"/v1/requests/{dark['id']}")
    of_district = feedparser.parse((await citizen.get(FEED, params={"district_id": f"{city}.north"})).content)
    assert (of_district.bozo, len(of_district.entries)) == (False, 2)
    of_both = await citizen.get(FEED, params={"district_id": f"{city}.north", "service_id": poles})
    assert [entry.title for entry in feedparser.parse(of_both.content).entries] == ["poles, north (open): It leans"]
    of_city = feedparser.parse((await citizen.get(FEED, params={"jurisdiction_id": city})).content)
    assert len(of_city.entries) == 3


async def test_a_reader_that_has_the_newest_gets_nothing_again(citizen: httpx.AsyncClient, lamps: str) -> None:
    first = await citizen.get(FEED, params={"service_id": lamps})
    assert feedparser.parse(first.content).entries == []
    again = await citizen.get(FEED, params={"service_id": lamps}, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await make(citizen, lamps)
    changed = await citizen.get(FEED, params={"service_id": lamps}, headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200


async def test_links_begin_as_the_setting_says_whatever_host_a_caller_names(
    settings: FeedbackSettings, citizen: httpx.AsyncClient, city: str, lamps: str
) -> None:
    made = await make(citizen, lamps)
    app = create_app(settings.model_copy(update={"public_url": "https://city.example/feedback"}))
    async with client_of(app) as stranger:
        stranger.headers["Host"] = "elsewhere.example"
        read = feedparser.parse((await stranger.get(FEED, params={"service_id": lamps})).content)
        assert read.feed.id == f"https://city.example/feedback{FEED}?service_id={lamps}"
        assert read.entries[0].link == f"https://city.example/feedback/v1/requests/{made['id']}"
        discovery = (await stranger.get("/open311/discovery.json")).json()
        assert discovery["endpoints"][0]["url"] == "https://city.example/feedback/open311/v2"
    await app.state.engine.dispose()


async def test_feeds_of_nothing_are_not_found(citizen: httpx.AsyncClient) -> None:
    for query in ({}, {"service_id": "moon"}, {"district_id": "moon"}, {"jurisdiction_id": "moon"}):
        assert (await citizen.get(FEED, params=query)).status_code == 404


async def test_a_reader_follows_proposals(citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str) -> None:
    feed = "/v1/feeds/proposals.atom"
    bench = await propose(citizen, lamps, title="A bench & a lamp")
    await propose(citizen, lamps, title="Mail ann@example.org", text="She knows")
    await propose(citizen, lamps, draft=True)
    await decide(clerk, bench)
    read = feedparser.parse((await citizen.get(feed, params={"service_id": lamps})).content)
    titles = ["A bench & a lamp (accepted)", "Mail [e-mail] (published)"]
    assert (read.bozo, [entry.title for entry in read.entries]) == (False, titles)
    assert read.entries[0].content[0].value == f"{BENCH['text']}\n\nThere is money for it."
    assert read.entries[0].link.endswith(f"/v1/proposals/{bench['id']}")
    assert (await citizen.get(feed)).status_code == 404
