"""Rankings of districts, focal areas, organisations and cities; and what is told of scores as they were published."""

import asyncio
from typing import Any

import pytest

from services.metrics.scores.days import today
from shared.contracts.catalog import RegionChanged
from shared.database import connection
from tests.metrics.conftest import Metrics
from tests.metrics.test_subjects import CATALOGUE, LAST_MONTH, elsewhere, noon
from tests.metrics.town import NOW, district, jurisdiction, rating, service

EFFECTIVENESS = {"by": "effectiveness"}
MANY = 40
"""More at once than are computed at once."""


async def order(metrics: Metrics, **query: Any) -> list[tuple[str, int | None]]:
    found = await metrics.get("/v1/rankings", **EFFECTIVENESS, **query)
    return [(each["id"], each["rank"]) for each in found["items"]]


async def test_others_than_services_are_ranked_with_the_same_intervals(metrics: Metrics) -> None:
    at = noon(LAST_MONTH)
    north = [rating(5, "trees", at=at, district="north") for _ in range(90)]
    south = [rating(2, "lamps", at=at, district="south") for _ in range(90)]
    port = [rating(1, "lamps", at=at, district="port") for _ in range(2)]
    rest = [rating(3, "potholes", at=at) for _ in range(90)]
    districts = [district(name, 1_000) for name in ("north", "south", "port")]
    there = elsewhere([jurisdiction(), service("lamps"), *(rating(1, "lamps") for _ in range(60))], "gown")
    region = RegionChanged(id="valley", name="Valley", jurisdiction_ids=("gown",), version=1, changed_at=NOW)
    await metrics.receive(*CATALOGUE, *districts, *north, *south, *port, *rest, *there, region)
    town = {"jurisdiction_id": "town"}
    assert await order(metrics, of="districts", **town) == [("town.north", 1), ("town.south", 2), ("town.port", None)]
    assert await order(metrics, of="focal-areas", **town) == [("parks", 1), ("streets", 2)]
    assert await order(metrics, of="organisations", **town) == [("town.works", 1), ("town.lighting", 2)]
    assert await order(metrics, of="jurisdictions") == [("town", 1), ("gown", 2)]
    assert await order(metrics, of="jurisdictions", region_id="valley") == [("gown", 1)]
    found = await metrics.get("/v1/rankings", of="districts", **town, **EFFECTIVENESS)
    assert (found["of"], found["as_of"]) == ("districts", str(LAST_MONTH))
    for each in found["items"][:2]:
        score = await metrics.get(f"/v1/districts/{each['id']}/score")
        assert score["dimensions"]["effectiveness"]["low"] == each["low"]
        assert each["best_rank"] <= each["rank"] <= each["worst_rank"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"of": "planets", "jurisdiction_id": "town"}, (422, "invalid-input")),
        ({"of": "districts"}, (422, "invalid-input")),
        ({"of": "districts", "jurisdiction_id": "nowhere"}, (404, "unknown-jurisdiction")),
        ({"of": "jurisdictions", "jurisdiction_id": "town"}, (422, "invalid-input")),
        ({"of": "services", "jurisdiction_id": "town", "region_id": "valley"}, (422, "invalid-input")),
        ({"of": "jurisdictions", "region_id": "nowhere"}, (404, "unknown-region")),
        ({"of": "districts", "jurisdiction_id": "town", "as_of": "nan"}, (422, "invalid-day")),
    ],
)
async def test_what_cannot_be_ranked_is_a_problem(
    metrics: Metrics, query: dict[str, str], expected: tuple[int, str]
) -> None:
    await metrics.receive(*CATALOGUE)
    assert await metrics.problem("/v1/rankings", **query) == expected


async def test_a_published_score_is_the_one_that_would_be_computed(metrics: Metrics) -> None:
    await metrics.receive(*CATALOGUE, *(rating(n % 5 + 1, "trees") for n in range(7)), rating(2, "lamps"))
    paths = [f"/v1/services/town.{name}/score" for name in ("trees", "lamps", "potholes")]
    computed = [(await metrics.http.get(path)).content for path in paths]
    ranking = {"jurisdiction_id": "town", **EFFECTIVENESS}
    ranked = (await metrics.http.get("/v1/rankings", params=ranking)).content
    await metrics.score_all()
    assert [(await metrics.http.get(path)).content for path in paths] == computed
    assert (await metrics.http.get("/v1/rankings", params=ranking)).content == ranked


async def test_a_published_score_is_told_only_while_it_is_true(metrics: Metrics) -> None:
    path = "/v1/services/town.trees/score"
    await metrics.receive(*CATALOGUE, rating(5, "trees"))
    await metrics.score_all()
    before = await metrics.get(path)
    await metrics.receive(rating(1, "trees"))
    after = await metrics.get(path)
    assert (before["events"], after["events"]) == (1, 2)
    # What a neighbour's input changes in the city's mean changes this score.
    await metrics.receive(*(rating(1, "lamps") for _ in range(9)))
    assert (await metrics.get(path))["dimensions"]["effectiveness"] != after["dimensions"]["effectiveness"]
    assert (await metrics.get(path, scorecard="default.v1"))["scorecard"] == "default.v1"


async def test_whoever_asks_faster_than_scores_are_computed_is_told_the_published_one(metrics: Metrics) -> None:
    path = "/v1/services/town.trees/score"
    await metrics.receive(*CATALOGUE, rating(5, "trees"))
    await metrics.score_all()
    async with connection(metrics.database) as database:
        body = await database.fetchval("SELECT body FROM score WHERE service_id = 'town.trees'")
        marked = body.replace('"events":1', '"events":999')
        await database.execute("UPDATE score SET body = $1 WHERE service_id = 'town.trees'", marked)
    await metrics.receive(rating(1, "trees"))
    counts: set[int] = set()
    while counts != {2, 999}:
        at_once = [metrics.get(path) for _ in range(MANY)]
        counts |= {each["events"] for each in await asyncio.gather(*at_once)}
        assert counts <= {2, 999}
    async with connection(metrics.database) as database:
        await database.execute("UPDATE score SET as_of = '2020-01-01' WHERE service_id = 'town.trees'")
    at_once = [metrics.get(path) for _ in range(MANY)]
    assert {each["as_of"] for each in await asyncio.gather(*at_once)} == {str(today())}
