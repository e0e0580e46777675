"""The events behind an indicator: what they added, over all pages, is what was counted."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import given
from msgspec import structs

from deploy.local.kafka import EmbeddedKafka
from services.metrics.app import create_app
from services.metrics.behind import reading, routes
from services.metrics.behind.matching import Source, added_by, sources_of
from services.metrics.behind.reading import EventsBehind
from services.metrics.buckets.measures import Measure
from services.metrics.buckets.observations import observe
from services.metrics.rebuilding.store import begin_counting, complete, ensure_kept
from services.metrics.scores.scorecard import scorecards
from services.metrics.settings import MetricsSettings
from shared.contracts.base import Contract
from shared.database import engine, transaction
from shared.migrate import upgrade
from shared.topics import FACTS, dead_letters, ensure_topics
from tests.metrics.conftest import serving
from tests.metrics.lives import closed, erased_rating, given_rating, opened, patient, withdrawn
from tests.metrics.lives import lives as any_lives
from tests.metrics.test_sketches import SOURCE, Town

NOW = datetime.now(UTC).replace(hour=12)
DAY = timedelta(days=1)
LAMPS = "/v1/services/town.lamps/events"
topics = (f"town.behind-{n}" for n in itertools.count())


class Answering(Town):
    """A town that answers over HTTP, too."""

    http: httpx.AsyncClient

    async def ask(self, path: str = LAMPS, **query: Any) -> Any:
        answer = await self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def pages(self, indicator: str, **query: Any) -> list[Any]:
        found = [await self.ask(indicator=indicator, **query)]
        while found[-1]["next"]:
            found.append(await self.ask(indicator=indicator, cursor=found[-1]["next"], **query))
        return found

    async def n(self, indicator: str, **query: Any) -> int:
        """By the buckets."""
        explained = await self.ask("/v1/services/town.lamps/explanation", **query)
        [found] = [each["n"] for each in explained["indicators"] if each["id"] == indicator]
        return int(found)


@pytest.fixture
async def town(fresh_database: Callable[[str], str], kafka: EmbeddedKafka) -> AsyncIterator[Answering]:
    url, topic = fresh_database("metrics"), next(topics)
    await asyncio.to_thread(upgrade, "metrics", url)
    await ensure_topics(kafka.bootstrap, {topic: FACTS, dead_letters(topic): FACTS})
    database = engine(url)
    app = create_app(MetricsSettings(database_url=url, log_level="warning"))
    app.state.behind = EventsBehind(database, kafka.bootstrap, topic, SOURCE)
    small = Answering(database, kafka.bootstrap, topic)
    async with (
        small.consuming(),
        serving(url, app) as address,
        httpx.AsyncClient(base_url=address, timeout=60) as small.http,
    ):
        yield small
    await database.dispose()


def lives(seed: int) -> list[Contract]:
    """Requests and ratings of two services; some are taken back."""
    chance, events = random.Random(seed), list[Contract]()
    for _ in range(40):
        start = NOW - chance.randrange(20, 90) * DAY
        where: dict[str, Any] = {"service_id": chance.choice(["town.lamps", "town.roads"])}
        request = opened(start, start + 5 * DAY, **where)
        events.append(request)
        if chance.random() < 0.7:
            ended = start + chance.randrange(1, 15) * DAY
            events.append(closed(start, ended, due=start + 5 * DAY, request_id=request.request_id, **where))
        rating = given_rating(start, chance.randint(1, 5), **where)
        events.append(rating)
        if chance.random() < 0.3:
            taken = withdrawn if chance.random() < 0.5 else erased_rating
            events.append(taken(rating, start + 3 * DAY))
    return events


async def test_sums_over_all_pages_are_the_indicators_n(town: Answering) -> None:
    await town.receive(*lives(1))
    month = {"from": f"{(NOW - 60 * DAY).date()}", "to": f"{(NOW - 30 * DAY).date()}"}
    span = {"since": month["from"], "as_of": month["to"]}
    for indicator in ("resolution-rate", "on-time", "satisfaction", "first-time-fix", "backlog-age"):
        pages = await town.pages(indicator, limit=3)
        assert sum(page["n"] for page in pages) == await town.n(indicator), indicator
        assert pages[0]["items"], indicator
        assert all(len(page["items"]) == 3 and not page["cut_short"] for page in pages[:-1])
        ids = [item["id"] for page in pages for item in page["items"]]
        assert len(set(ids)) == len(ids)
        if indicator != "backlog-age":
            assert sum(page["n"] for page in await town.pages(indicator, **month)) == await town.n(indicator, **span)


async def test_what_was_erased_appears_with_its_taking_back(town: Answering) -> None:
    rating, kept = given_rating(NOW - DAY, 4), given_rating(NOW - DAY, 2)
    await town.receive(rating, kept, erased_rating(rating, NOW))
    [page] = await town.pages("satisfaction")
    day = (NOW - DAY).date().isoformat()
    assert [(item["type"], item["n"]) for item in page["items"]] == [
        ("feedback.rating.given.v1", 1),
        ("feedback.rating.given.v1", 1),
        ("feedback.rating.erased.v1", -1),
    ]
    assert page["items"][2]["added"] == [{"measure": "rating", "bin": 4, "day": day, "count": -1, "total": -4}]
    assert page["n"] == await town.n("satisfaction") == 1


async def test_duplicates_and_dead_letters_have_the_effect_they_had(town: Answering) -> None:
    messages = town.messages(given_rating(NOW - 2 * DAY, 4), given_rating(NOW - DAY, 5))
    poison = town.source.next_raw("town.lamps", "feedback.rating.given.v1", b'{"service_id":"town.lamps"}')
    last = town.messages(given_rating(datetime(1, 1, 1, tzinfo=UTC), 3), given_rating(NOW - DAY, 1))
    await town.write([messages[1], messages[0], messages[1], poison, *last, messages[0]])
    await town.until_taken()
    assert [page["n"] for page in await town.pages("satisfaction", limit=1)] == [1, 1, 1]
    assert await town.n("satisfaction") == 3


async def test_a_page_looks_at_so_many_events_and_says_so(town: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_READ", 10)
    monkeypatch.setattr(reading, "AT_A_TIME", 5)
    first, last = given_rating(NOW - DAY, 4), given_rating(NOW - DAY, 2)
    await town.receive(first, *(opened(NOW - DAY) for _ in range(25)), last)
    pages = await town.pages("satisfaction")
    assert [page["n"] for page in pages] == [1, 0, 1]
    assert [page["cut_short"] for page in pages] == [True, True, False]
    assert all(page["read"] <= 10 for page in pages)


async def test_a_list_ends_where_counting_stood_when_it_began(town: Answering) -> None:
    await town.receive(given_rating(NOW - DAY, 4), given_rating(NOW - DAY, 2))
    page = await town.ask(indicator="satisfaction", limit=1)
    await town.receive(given_rating(NOW - DAY, 1))
    rest = await town.ask(indicator="satisfaction", cursor=page["next"])
    assert (page["n"], rest["n"], rest["next"]) == (1, 1, None)


async def test_without_kafka_they_cannot_be_read_now(town: Answering) -> None:
    await town.receive(given_rating(NOW - DAY, 4))
    nowhere = EventsBehind(town.database, "127.0.0.1:1", town.topic, SOURCE)
    with pytest.raises(reading.TopicUnavailable):
        await nowhere.page("town.lamps", reading.Place(), lambda events: [[] for _ in events], 1)


async def test_what_is_asked_wrongly_is_refused(town: Answering) -> None:
    await town.receive(given_rating(NOW - DAY, 4), given_rating(NOW - DAY, 4))
    page = await town.ask(indicator="satisfaction", limit=1)
    cases: list[tuple[int, dict[str, Any]]] = [
        (404, {"indicator": "happiness"}),
        (404, {"indicator": "on-time", "scorecard": "no.v1"}),
        (422, {}),
        (422, {"indicator": "cost-per-case"}),
        (422, {"indicator": "on-time", "from": "NaN"}),
        (422, {"indicator": "on-time", "from": "2026-02-01", "to": "2026-01-01"}),
        (422, {"indicator": "on-time", "to": "2999-01-01"}),
        (422, {"indicator": "on-time", "limit": "0"}),
        (400, {"indicator": "on-time", "cursor": page["next"]}),
        (400, {"indicator": "satisfaction", "cursor": page["next"], "from": "2026-01-01"}),
        (400, {"indicator": "satisfaction", "cursor": "zzz"}),
    ]
    for status, query in cases:
        answer = await town.http.get(LAMPS, params=query)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), query
    assert (await town.http.get("/v1/services/town.nowhere/events?indicator=on-time")).status_code == 404
    assert await town.ask(indicator="on-time", to="1990-01-01") | {"read": 0} == {
        "service_id": "town.lamps", "indicator": "on-time", "scorecard": page["scorecard"], "since": None,
        "as_of": "1990-01-01", "n": 0, "items": [], "cut_short": False, "read": 0, "next": None,
    }  # fmt: skip


@patient
@given(any_lives())
def test_event_by_event_is_what_all_are_together(events: list[Any]) -> None:
    """Every count and total of every source, whatever happened."""
    whole = observe(events)
    first, last = date.min, date.max
    indicators = scorecards()["default.v2"].indicators
    late = [structs.replace(each, measure="lateness") for each in indicators if each.id == "resolution-time"]
    for indicator in [*indicators, *late]:
        sources = sources_of(indicator)
        added = [each for of_it in added_by(events, sources, first, last) for each in of_it]
        for source in sources:
            where = whole.measure == source.measure
            if source.bins is not None:
                where &= np.isin(whole.bin, source.bins)
            of_it = [each for each in added if each.measure == source.measure]
            assert sum(each.number for each in of_it) == int(whole.count[where].sum())
            assert sum(each.total for each in of_it) == int(whole.total[where].sum())


async def test_a_measure_on_demand_is_told_once_it_is_complete(
    town: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = closed(NOW - 9 * DAY, NOW - DAY, due=NOW - 3 * DAY)
    await town.receive(late, closed(NOW - 9 * DAY, NOW - DAY, due=NOW))
    monkeypatch.setattr(routes, "sources_of", lambda indicator: [Source(Measure.LATENESS)])
    assert (await town.http.get(LAMPS, params={"indicator": "on-time"})).status_code == 409
    async with transaction(town.database) as database:
        await ensure_kept(database, ["lateness"])
        await begin_counting(database, [Measure.LATENESS])
        await complete(database, [Measure.LATENESS])
    page = await town.ask(indicator="on-time")
    assert [item["added"][0]["total"] for item in page["items"]] == [2 * 86_400]
