"""Scores of districts, focal areas, organisations, cities and regions over HTTP, with figures worked out by hand."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from services.metrics.scores.days import today
from services.metrics.subjects.times import month_end
from shared.contracts.base import Contract
from shared.contracts.catalog import OrganisationChanged, RegionChanged
from tests.metrics.conftest import Metrics
from tests.metrics.town import DAY, HOUR, NOW, district, jurisdiction, rating, service, solved

LAST_MONTH = month_end(today())
"""The last day of a month that has ended."""


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def months_ago(number: int) -> date:
    """The last day of an earlier month."""
    day = LAST_MONTH
    for _ in range(number):
        day = month_end(day.replace(day=1))
    return day


def organisation(name: str, parent: str | None = None) -> OrganisationChanged:
    return OrganisationChanged(
        id=f"town.{name}", jurisdiction_id="town", name=name, version=1, changed_at=NOW,
        parent_id=parent and f"town.{parent}",
    )  # fmt: skip


def run_by(name: str, organisation: str, focal_area: str, target: int) -> Contract:
    found = service(name, resolution_target=target)
    return msgspec.structs.replace(found, organisation_id=f"town.{organisation}", focal_area=focal_area)


def elsewhere(events: Iterable[Any], town: str) -> list[Any]:
    """The same in another town."""
    found = []
    for event in events:
        moved = {name: value.replace("town", town) for name in ("id", "jurisdiction_id", "service_id")
                 if isinstance(value := getattr(event, name, None), str)}  # fmt: skip
        found.append(msgspec.structs.replace(event, **moved))
    return found


async def indicator(metrics: Metrics, path: str, name: str, **query: Any) -> dict[str, Any]:
    found = await metrics.get(f"/v1/{path}/explanation", **query)
    return next(each for each in found["indicators"] if each["id"] == name)


CATALOGUE = (
    jurisdiction(),
    organisation("works"),
    organisation("lighting", "works"),
    run_by("potholes", "works", "streets", 86_400),
    run_by("lamps", "lighting", "streets", 7 * 86_400),
    run_by("trees", "works", "parks", 86_400),
)


async def test_several_services_are_pooled_exactly(metrics: Metrics) -> None:
    # Potholes take 12 h of 24 h, twice; lamps 14 d of 7 d, three times. All opened 20 days ago.
    at = NOW - 20 * DAY
    quick = [e for _ in range(2) for e in solved("potholes", opened=at, took=12 * HOUR)]
    slow = [e for _ in range(3) for e in solved("lamps", opened=at, took=14 * DAY, due=7 * DAY)]
    other = [e for _ in range(4) for e in solved("trees", opened=at, took=3 * DAY)]
    await metrics.receive(*CATALOGUE, *quick, *slow, *other)
    window = {"since": str((NOW - 30 * DAY).date())}
    streets = {"jurisdiction_id": "town", **window}
    time = await indicator(metrics, "focal-areas/streets", "resolution-time", **streets)
    assert (time["n"], time["effective_n"]) == (5, 5.0)
    assert time["value"] == pytest.approx(2, rel=0.01)
    on_time = await indicator(metrics, "focal-areas/streets", "on-time", **streets)
    # 2 of 5, the city 2 of 9, worth 20.
    assert (on_time["observed"], on_time["n"]) == (0.4, 5)
    assert on_time["value"] == pytest.approx((2 + 20 * 2 / 9) / 25, abs=1e-6)
    assert (await indicator(metrics, "focal-areas/streets", "participation", **streets))["value"] == 0.5
    own = await indicator(metrics, "organisations/town.works", "on-time", **window)
    assert (own["n"], own["observed"]) == (6, pytest.approx(2 / 6, abs=1e-6))
    below = await indicator(metrics, "organisations/town.works", "on-time", below=True, **window)
    assert (below["n"], below["observed"]) == (9, pytest.approx(2 / 9, abs=1e-6))
    score = await metrics.get("/v1/organisations/town.works/score", below=True)
    assert (score["kind"], score["id"], score["name"]) == ("organisation", "town.works", "works")
    assert (score["jurisdiction_id"], score["events"]) == ("town", 18)


OF_SERVICES = ("service_id", "jurisdiction_id", "enablers")
"""What the answers on services alone have."""


async def test_one_service_pooled_is_that_service(metrics: Metrics) -> None:
    events = [e for n in range(9) for e in solved("trees", opened=NOW - (n + 9) * DAY, took=(n % 3 + 1) * 10 * HOUR)]
    await metrics.receive(*CATALOGUE, *events, *(rating(n % 5 + 1, "trees") for n in range(7)), rating(1, "lamps"))
    for what in ("score", "explanation"):
        alone = await metrics.get(f"/v1/services/town.trees/{what}")
        pooled = await metrics.get(f"/v1/focal-areas/parks/{what}", jurisdiction_id="town")
        assert {name: pooled[name] for name in alone if name not in OF_SERVICES} == {
            name: value for name, value in alone.items() if name not in OF_SERVICES
        }


async def test_a_city_is_its_own_measure(metrics: Metrics) -> None:
    await metrics.receive(*CATALOGUE, rating(5, "trees"), rating(5, "trees"), rating(2, "lamps"))
    found = await indicator(metrics, "jurisdictions/town", "satisfaction")
    assert (found["n"], found["value"], found["observed"], found["prior"]) == (3, 4.0, 4.0, None)
    # Squared deviations 1, 1 and 4: s2 = (6 + 20 * 2) / 23, of three ratings.
    assert found["sd"] == pytest.approx((46 / 23 / 3) ** 0.5, abs=1e-6)
    assert (await indicator(metrics, "services/town.trees", "satisfaction"))["prior"] == found["value"]
    history = await metrics.get("/v1/jurisdictions/town/history", step="month")
    assert history["items"][-1] == await metrics.get("/v1/jurisdictions/town/score")


async def test_a_region_pools_its_cities_and_those_of_regions_within(metrics: Metrics) -> None:
    here = [*CATALOGUE, rating(5, "trees"), rating(4, "trees")]
    there = elsewhere([jurisdiction(30_000), service("lamps"), rating(1, "lamps"), rating(2, "lamps")], "gown")
    state = {"version": 1, "changed_at": NOW}
    county = RegionChanged(id="county", name="County", jurisdiction_ids=("town",), **state)
    valley = RegionChanged(id="valley", name="Valley", jurisdiction_ids=("gown",), parent_id="county", **state)
    await metrics.receive(*here, *there, county, valley)
    found = await indicator(metrics, "regions/county", "satisfaction")
    assert (found["n"], found["value"]) == (4, 3.0)
    assert (await indicator(metrics, "regions/county", "participation"))["value"] == 0.1
    assert (await indicator(metrics, "regions/valley", "satisfaction"))["value"] == 1.5
    score = await metrics.get("/v1/regions/county/score")
    assert (score["kind"], score["events"], "jurisdiction_id" in score) == ("region", 4, False)
    unknown = elsewhere([jurisdiction(None)], "gown")[0]
    await metrics.receive(msgspec.structs.replace(unknown, version=2))
    assert "unknown" in (await indicator(metrics, "regions/county", "participation"))["absent"]


async def test_a_district_is_told_of_whole_months_and_enough_people(metrics: Metrics) -> None:
    early, late = noon(months_ago(1)), noon(LAST_MONTH)
    north = [rating(5, at=early, district="north") for _ in range(6)]
    north += [rating(2, at=late, district="north") for _ in range(8)]
    south = [rating(1, at=early, district="south") for _ in range(4)]
    now = [rating(1, district="north") for _ in range(50)]
    rest = [rating(3, "lamps", at=at) for at in (early, late) for _ in range(9)]
    await metrics.receive(*CATALOGUE, district("north", 2_000), district("south", 500), *north, *south, *now, *rest)
    found = await indicator(metrics, "districts/town.north", "satisfaction")
    # Six of 5 and eight of 2, the six a month older, counted at the ends of their months.
    weight = 2 ** (-(LAST_MONTH - months_ago(1)).days / 90)
    assert found["n"] == 14
    assert found["effective_n"] == pytest.approx(8 + 6 * weight, abs=1e-6)
    assert found["observed"] == pytest.approx((16 + 30 * weight) / (8 + 6 * weight), abs=1e-6)
    assert (await indicator(metrics, "districts/town.north", "participation"))["value"] == 7.0
    month = await indicator(metrics, "districts/town.north", "satisfaction", period="month")
    assert (month["n"], month["observed"]) == (8, 2.0)
    hidden = await metrics.get("/v1/districts/town.south/explanation")
    assert {(each["n"], each["value"]) for each in hidden["indicators"]} == {(0, None)}
    score = await metrics.get("/v1/districts/town.north/score")
    assert (score["kind"], score["as_of"], score["events"]) == ("district", str(LAST_MONTH), None)
    stock = await indicator(metrics, "districts/town.north", "backlog-age")
    assert "every month" in stock["absent"]


async def test_days_within_a_month_tell_the_same_of_a_district(metrics: Metrics) -> None:
    await metrics.receive(
        *CATALOGUE,
        district("north", 2_000),
        *(rating(4, at=noon(months_ago(n)), district="north") for n in (1, 2) for _ in range(5)),
    )
    path = "/v1/districts/town.north/score"
    one, other = [await metrics.get(path, as_of=str(LAST_MONTH - timedelta(days=n))) for n in (1, 20)]
    assert one == other
    assert one["as_of"] == str(months_ago(1))
    history = await metrics.get("/v1/districts/town.north/history", **{"from": str(months_ago(3)), "to": str(today())})
    assert [each["as_of"] for each in history["items"]] == [str(months_ago(n)) for n in (3, 2, 1, 0)]
    assert history["items"][2] == one
    assert history["items"][0]["dimensions"]["effectiveness"]["score"] is None


async def test_no_district_follows_from_the_city_and_the_others(metrics: Metrics) -> None:
    at = noon(LAST_MONTH)
    events = [
        rating(4, at=at, district=name) for name, n in (("north", 9), ("south", 7), ("port", 2)) for _ in range(n)
    ]
    districts = [district(name, 1_000) for name in ("north", "south", "port")]
    await metrics.receive(*CATALOGUE, *districts, *events)
    counts = {
        name: (await indicator(metrics, f"districts/town.{name}", "satisfaction"))["n"]
        for name in ("north", "south", "port")
    }
    assert counts == {"north": 9, "south": 0, "port": 0}
    # Input of no district hides the port as well as the south does.
    await metrics.receive(*(rating(4, at=at) for _ in range(5)))
    assert (await indicator(metrics, "districts/town.south", "satisfaction"))["n"] == 7
    assert (await indicator(metrics, "districts/town.port", "satisfaction"))["n"] == 0


async def test_five_people_are_not_enough_for_what_one_of_them_did(metrics: Metrics) -> None:
    at = noon(LAST_MONTH)
    ratings = [rating(4, at=at, district="north") for _ in range(6)]
    [opened, closed] = solved(opened=at - HOUR, took=HOUR / 2)
    one = [msgspec.structs.replace(each, district_id="town.north") for each in (opened, closed)]
    await metrics.receive(*CATALOGUE, district("north", 1_000), *ratings, *one, *(rating(3, at=at) for _ in range(9)))
    assert (await indicator(metrics, "districts/town.north", "satisfaction"))["n"] == 6
    alone = await indicator(metrics, "districts/town.north", "on-time")
    assert (alone["n"], alone["value"]) == (0, None)


async def test_a_service_within_a_district(metrics: Metrics) -> None:
    at = noon(LAST_MONTH)
    events = [
        rating(value, name, at=at, district=where)
        for name, where, value, n in (
            ("trees", "north", 5, 6), ("trees", "south", 1, 8),
            ("lamps", "north", 3, 20), ("lamps", "south", 3, 5),
        )
        for _ in range(n)
    ]  # fmt: skip
    await metrics.receive(*CATALOGUE, district("north", 1_000), district("south", 1_000), *events)
    path = "districts/town.north"
    found = await indicator(metrics, path, "satisfaction", service_id="town.trees")
    assert (found["n"], found["observed"]) == (6, 5.0)
    score = await metrics.get(f"/v1/{path}/score", service_id="town.trees")
    assert (score["id"], score["service_id"]) == ("town.north", "town.trees")
    assert (await indicator(metrics, path, "satisfaction"))["n"] == 26
    # One person's rating elsewhere: trees less the north and the south would be that one.
    await metrics.receive(rating(1, "trees", at=at, district="port"))
    assert (await indicator(metrics, path, "satisfaction", service_id="town.trees"))["n"] == 0


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("districts/town.nowhere/score", {}, (404, "unknown-district")),
        ("districts/town.north/score", {"service_id": "town.magic"}, (404, "unknown-district")),
        ("focal-areas/magic/score", {"jurisdiction_id": "town"}, (404, "unknown-focal-area")),
        ("focal-areas/streets/score", {"jurisdiction_id": "nowhere"}, (404, "unknown-focal-area")),
        ("focal-areas/streets/score", {}, (422, "invalid-input")),
        ("organisations/town.nobody/explanation", {}, (404, "unknown-organisation")),
        ("jurisdictions/nowhere/history", {}, (404, "unknown-jurisdiction")),
        ("regions/nowhere/score", {}, (404, "unknown-region")),
        ("regions/%00/score", {}, (422, "invalid-input")),
        ("focal-areas/%00/score", {"jurisdiction_id": "town"}, (422, "invalid-input")),
        ("jurisdictions/town/score", {"scorecard": "moon.v9"}, (404, "unknown-scorecard")),
        ("jurisdictions/town/score", {"as_of": "nan"}, (422, "invalid-day")),
        ("jurisdictions/town/score", {"as_of": "9999-12-31"}, (422, "future-day")),
        ("districts/town.north/score", {"period": "day"}, (422, "too-fine")),
        ("districts/town.north/history", {"step": "week"}, (422, "too-fine")),
        ("districts/town.north/score", {"since": str(today())}, (422, "empty-span")),
    ],
)
async def test_what_is_unknown_or_too_fine_is_a_problem(
    metrics: Metrics, path: str, query: dict[str, str], expected: tuple[int, str]
) -> None:
    await metrics.receive(*CATALOGUE, district("north", 1_000))
    assert await metrics.problem(f"/v1/{path}", **query) == expected


async def test_subjects_without_any_event_and_before_the_first(metrics: Metrics) -> None:
    state = {"version": 1, "changed_at": NOW}
    await metrics.receive(*CATALOGUE, district("north", 0), RegionChanged(id="empty", name="Empty", **state))
    for path, query in (
        ("districts/town.north", {}),
        ("focal-areas/streets", {"jurisdiction_id": "town"}),
        ("organisations/town.lighting", {}),
        ("jurisdictions/town", {}),
        ("regions/empty", {}),
    ):
        found = await metrics.get(f"/v1/{path}/score", **query, as_of="0001-01-01")
        assert found["public_value"]["score"] is None
        assert found["events"] in (0, None)
        assert (await metrics.get(f"/v1/{path}/explanation", **query, period="quarter"))["indicators"]
