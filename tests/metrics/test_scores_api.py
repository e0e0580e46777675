"""Scores over HTTP, from events to figures, on a real database."""

import asyncio
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.metrics.conftest import Metrics
from tests.metrics.town import DAY, HOUR, NOW, jurisdiction, rating, service, solved

POTHOLES = "/v1/services/town.potholes"


def today() -> str:
    return datetime.now(UTC).date().isoformat()


async def indicator(metrics: Metrics, name: str, **query: str) -> dict[str, object]:
    found = await metrics.get(f"{POTHOLES}/explanation", **query)
    return next(each for each in found["indicators"] if each["id"] == name)


async def test_a_score_has_the_shape_that_others_rely_on(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service(), rating(5))
    score = await metrics.get(f"{POTHOLES}/score")
    assert score["service_id"] == "town.potholes"
    assert score["as_of"] == today()
    assert score["scorecard"] == "default.v3"
    assert score["events"] == 1
    assert set(score["dimensions"]) == {"effectiveness", "efficiency", "legitimacy"}
    assert set(score["dimensions"]["effectiveness"]) == {"score", "low", "high", "coverage"}
    assert score["dimensions"]["efficiency"] == {"score": None, "low": None, "high": None, "coverage": 0.0}
    assert score["public_value"] == {"score": None, "low": None, "high": None}


async def test_events_become_the_figures_of_the_score_model(metrics: Metrics) -> None:
    # Two ratings of 5 a half-life ago, one of 2 today: N = 2, S = 7; alone in town, so the mean stays 3.5.
    past = NOW - 90 * DAY
    await metrics.receive(jurisdiction(), service(), rating(5, at=past), rating(5, at=past), rating(2))
    found = await indicator(metrics, "satisfaction")
    assert (found["n"], found["effective_n"], found["value"], found["observed"]) == (3, 2.0, 3.5, 3.5)
    variance_of_one = (1 * 1.5**2 + 1 * 1.5**2 + 20 * 2) / 22
    variance = variance_of_one / 22 + (20 / 22) ** 2 * variance_of_one / 2
    assert found["sd"] == pytest.approx(math.sqrt(variance), abs=1e-6)
    score = 100 * 2.5 / 3.5
    assert found["score"] == pytest.approx(score, abs=1e-6)
    assert found["contribution"] == found["score"]
    effectiveness = (await metrics.get(f"{POTHOLES}/score"))["dimensions"]["effectiveness"]
    assert effectiveness["score"] == found["score"]
    assert effectiveness["coverage"] == 0.375


async def test_requests_in_time_and_late(metrics: Metrics) -> None:
    late = [event for _ in range(3) for event in solved(opened=NOW - 5 * DAY, took=2 * DAY)]
    quick = solved(opened=NOW - 3 * DAY - HOUR, took=HOUR)
    await metrics.receive(jurisdiction(), service(), *late, *quick)
    on_time, median = await indicator(metrics, "on-time"), await indicator(metrics, "resolution-time")
    assert (on_time["n"], on_time["observed"]) == (4, 0.25)
    assert median["value"] == pytest.approx(2, rel=0.01)
    assert (await indicator(metrics, "participation"))["value"] == 0.4
    assert (await indicator(metrics, "first-answer-time"))["absent"]


async def test_what_is_older_than_six_half_lives_is_counted_but_weighs_nothing(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service(), rating(1, at=NOW - 541 * DAY), rating(5, at=NOW - 540 * DAY))
    found = await indicator(metrics, "satisfaction")
    assert (found["n"], found["effective_n"], found["observed"]) == (2, 2**-6, 5.0)


async def test_a_past_day_shows_what_was_known_then(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service(), rating(5, at=NOW - 10 * DAY), rating(1))
    day = (NOW - 3 * DAY).date()
    then = await metrics.get(f"{POTHOLES}/score", as_of=str(day))
    assert (then["as_of"], then["events"]) == (str(day), 1)
    moment = f"{day + timedelta(days=1)}T01:00:00+02:00"
    assert await metrics.get(f"{POTHOLES}/score", as_of=moment) == then
    assert (await indicator(metrics, "satisfaction", as_of=str(day)))["observed"] == 5.0
    long_ago = await metrics.get(f"{POTHOLES}/score", as_of="0001-01-01")
    assert long_ago["events"] == 0


async def test_a_service_known_from_one_side_only(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service())
    silent = await metrics.get(f"{POTHOLES}/score")
    assert (silent["events"], silent["public_value"]["score"]) == (0, None)
    await metrics.receive(rating(4, "mystery"))
    uncatalogued = await metrics.get("/v1/services/town.mystery/score")
    assert uncatalogued["events"] == 1
    assert uncatalogued["dimensions"]["effectiveness"]["score"] is not None


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        (f"{POTHOLES}/score", {}, (404, "unknown-service")),
        (f"{POTHOLES}/explanation", {}, (404, "unknown-service")),
        (f"{POTHOLES}/history", {}, (404, "unknown-service")),
        ("/v1/services/Not an id/score", {}, (422, "invalid-input")),
        ("/v1/rankings", {"jurisdiction_id": "nowhere"}, (404, "unknown-jurisdiction")),
        ("/v1/rankings", {}, (422, "invalid-input")),
        ("/v1/rankings", {"jurisdiction_id": "town", "by": "beauty"}, (422, "invalid-input")),
        (f"{POTHOLES}/score", {"as_of": "9999-12-31"}, (422, "future-day")),
        (f"{POTHOLES}/score", {"as_of": "9999-12-31T23:59:59-12:00"}, (422, "invalid-day")),
        (f"{POTHOLES}/score", {"as_of": "0000-01-01"}, (422, "invalid-day")),
        (f"{POTHOLES}/score", {"as_of": "yesterday"}, (422, "invalid-day")),
        (f"{POTHOLES}/score", {"as_of": ""}, (422, "invalid-day")),
        (f"{POTHOLES}/score", {"scorecard": "moon.v9"}, (404, "unknown-scorecard")),
        (f"{POTHOLES}/history", {"from": "2024-02-01", "to": "2024-01-01"}, (422, "empty-span")),
        (f"{POTHOLES}/history", {"from": "1900-01-01"}, (422, "long-history")),
        (f"{POTHOLES}/history", {"step": "hour"}, (422, "invalid-input")),
        ("/v1/stream", {"service_id": "Not an id"}, (422, "invalid-input")),
    ],
)
async def test_what_cannot_be_answered_is_a_problem(
    metrics: Metrics, path: str, query: dict[str, str], expected: tuple[int, str]
) -> None:
    assert await metrics.problem(path, **query) == expected


async def test_history_is_the_scores_of_its_days(metrics: Metrics) -> None:
    await metrics.receive(
        jurisdiction(), service(), rating(5, at=datetime(2024, 1, 10, tzinfo=UTC)), rating(1, at=NOW - DAY)
    )
    span = {"from": "2024-01-08", "to": "2024-02-20"}
    daily = await metrics.get(f"{POTHOLES}/history", **span)
    assert [each["as_of"] for each in daily["items"][:2]] == ["2024-01-08", "2024-01-09"]
    assert len(daily["items"]) == 44
    assert [each["events"] for each in daily["items"][:4]] == [0, 0, 1, 1]
    assert daily["items"][20] == await metrics.get(f"{POTHOLES}/score", as_of="2024-01-28")
    weekly = await metrics.get(f"{POTHOLES}/history", **span, step="week")
    assert [each["as_of"] for each in weekly["items"]] == [
        "2024-01-14", "2024-01-21", "2024-01-28", "2024-02-04", "2024-02-11", "2024-02-18", "2024-02-20",
    ]  # fmt: skip
    monthly = await metrics.get(f"{POTHOLES}/history", **span, step="month")
    assert [each["as_of"] for each in monthly["items"]] == ["2024-01-31", "2024-02-20"]
    assert monthly["next"] is None


async def test_the_last_ninety_days_without_being_asked(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service())
    found = await metrics.get(f"{POTHOLES}/history")
    assert len(found["items"]) == 91
    assert found["items"][-1]["as_of"] == today()


async def test_rankings_show_ranks_and_what_the_intervals_allow(metrics: Metrics) -> None:
    praised = [rating(5, "parks") for _ in range(200)]
    mixed = [rating(3, "potholes") for _ in range(200)]
    blamed = [rating(1, "parking") for _ in range(200)]
    services = [service(name) for name in ("parks", "potholes", "parking", "silence")]
    await metrics.receive(jurisdiction(), *services, *praised, *mixed, *blamed)
    found = await metrics.get("/v1/rankings", jurisdiction_id="town", by="effectiveness")
    assert [(each["service_id"], each["name"], each["rank"], each["tied"]) for each in found["items"]] == [
        ("town.parks", "Parks", 1, False),
        ("town.potholes", "Potholes", 2, False),
        ("town.parking", "Parking", 3, False),
        ("town.silence", "Silence", None, False),
    ]
    for each in found["items"][:3]:
        assert each["best_rank"] == each["rank"] == each["worst_rank"]
        score = await metrics.get(f"/v1/services/{each['service_id']}/score")
        assert score["dimensions"]["effectiveness"]["score"] == each["score"]
    by_value = await metrics.get("/v1/rankings", jurisdiction_id="town")
    assert {each["rank"] for each in by_value["items"]} == {None}


async def test_rankings_follow_every_event_and_every_change(metrics: Metrics) -> None:
    await metrics.receive(
        jurisdiction(), service("parks"), service("potholes"), rating(2, "parks"), rating(2, "potholes")
    )
    query = {"jurisdiction_id": "town", "by": "effectiveness"}
    before = await metrics.get("/v1/rankings", **query)
    assert [each["rank"] for each in before["items"]] == [1, 1]
    assert await metrics.get("/v1/rankings", **query) == before
    await metrics.receive(*[rating(3, "potholes") for _ in range(5)])
    assert (await until_new(metrics, before, **query))["items"][0]["service_id"] == "town.potholes"
    legitimacy = {"jurisdiction_id": "town", "by": "legitimacy"}
    counted = await metrics.get("/v1/rankings", **legitimacy)
    await metrics.receive(jurisdiction(population=20_000, version=2))
    halved = await until_new(metrics, counted, **legitimacy)
    assert halved["items"][0]["score"] == pytest.approx(counted["items"][0]["score"] / 2)


async def until_new(metrics: Metrics, known: Any, **query: str) -> Any:
    """The ranking once it differs from a known one: it may be shown for a moment longer than it is true."""
    async with asyncio.timeout(30):
        while (found := await metrics.get("/v1/rankings", **query)) == known:
            await asyncio.sleep(0.02)
    return found


async def test_a_town_without_services_has_an_empty_ranking(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction())
    assert (await metrics.get("/v1/rankings", jurisdiction_id="town"))["items"] == []


async def test_the_same_buckets_give_the_same_bytes(metrics: Metrics) -> None:
    events = [e for n in range(40) for e in solved(opened=NOW - (n + 1) * DAY, took=(n % 7 + 1) * 5 * HOUR)]
    await metrics.receive(jurisdiction(), service(), *events)
    first = [(await metrics.http.get(f"{POTHOLES}/{what}")).content for what in ("score", "explanation")]
    again = [(await metrics.http.get(f"{POTHOLES}/{what}")).content for what in ("score", "explanation")]
    assert first == again


async def test_scorecards_can_be_read(metrics: Metrics) -> None:
    found = await metrics.get("/v1/scorecards")
    assert [each["label"] for each in found["items"]] == ["default.v3", "default.v1", "default.v2"]
    assert len(found["items"][0]["indicators"]) == 15
    assert {"id", "weight", "floor", "target", "formula"} <= set(found["items"][0]["indicators"][0])
