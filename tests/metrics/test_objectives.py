"""Objectives over HTTP: how far each has come against plan, in figures computed by hand."""

from typing import Any

import pytest

from tests.metrics.aims import ago, objective
from tests.metrics.conftest import Metrics
from tests.metrics.town import NOW, jurisdiction, rating, service

FASTER = "/v1/objectives/town.faster/progress"
SCORED: dict[str, Any] = {"code": "satisfaction", "source": "metrics", "baseline": ("3", 100)}


async def faster(metrics: Metrics, **query: str) -> dict[str, Any]:
    return dict(await metrics.get(FASTER, **query))


async def test_reported_figures_against_plan(metrics: Metrics) -> None:
    told = objective(reported=(("9", 50), ("8", 10), ("10", 100), ("5", -1)), made_up=("target",))
    await metrics.receive(jurisdiction(), told)
    found = await faster(metrics)
    assert (found["id"], found["name"], found["service_ids"]) == ("town.faster", "Faster", ["town.potholes"])
    assert (found["scorecard"], found["made_up"]) == (None, ["target"])
    assert found["indicator"] == {"source": "reported", "code": "days", "name": None, "unit": None}
    assert found["baseline"] == {"value": 10.0, "on": str(ago(100))}
    assert found["target"] == {"value": 5.0, "on": str(ago(-100))}
    # Ten days ago: 90 of 200 days, so 10 - 0.45 · 5 = 7.75 was planned; 8 is 0.4 of the way.
    assert found["actual"] == {"value": 8.0, "low": 8.0, "high": 8.0, "on": str(ago(10))}
    assert found["planned"] == {"value": 7.75, "on": str(ago(10))}
    assert (found["progress"], found["planned_progress"]) == (0.4, 0.45)
    assert (found["attainment"], found["status"], found["certain"]) == (round(0.4 / 0.45, 6), "behind", True)
    assert found["absent"] is None
    assert found["points"] == [
        {"on": str(ago(days)), "planned": planned, "actual": actual, "low": actual, "high": actual}
        for days, planned, actual in ((100, 10.0, 10.0), (50, 8.75, 9.0), (10, 7.75, 8.0))
    ]


@pytest.mark.parametrize(
    ("value", "status", "progress"),
    [("7.75", "on-track", 0.45), ("7.76", "behind", 0.448), ("5", "reached", 1.0), ("4", "reached", 1.2)],
)
async def test_status(metrics: Metrics, value: str, status: str, progress: float) -> None:
    await metrics.receive(jurisdiction(), objective(reported=((value, 10),)))
    found = await faster(metrics)
    assert (found["status"], found["progress"]) == (status, progress)


async def test_a_past_day_knows_what_was_reported_by_then(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), objective(reported=(("9", 50), ("5", 10))))
    then = await faster(metrics, as_of=str(ago(11)))
    assert (then["actual"]["value"], then["status"], len(then["points"])) == (9.0, "behind", 1)
    before = await faster(metrics, as_of="0001-01-01")
    assert (before["status"], before["absent"], before["points"]) == ("no-data", "it has not begun", [])


async def test_after_its_day_the_whole_way_was_planned(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), objective(baseline=("10", 300), target=("5", 100), reported=(("6", 110),)))
    found = await faster(metrics)
    assert (found["progress"], found["planned_progress"], found["status"]) == (0.8, 1.0, "behind")
    assert found["planned"] == {"value": 5.0, "on": str(ago(100))}


async def test_an_indicator_of_the_scores_has_an_interval(metrics: Metrics) -> None:
    events = [rating(4, at=NOW) for _ in range(4)]
    await metrics.receive(jurisdiction(), service(), objective(target=("5", -100), **SCORED), *events)
    found = await faster(metrics, step="day")
    assert (found["status"], found["certain"], found["scorecard"]) == ("on-track", False, "default.v3")
    actual = found["actual"]
    explained = (await metrics.get("/v1/services/town.potholes/explanation"))["indicators"]
    sd = next(each["sd"] for each in explained if each["id"] == "satisfaction")
    assert (actual["value"], actual["on"]) == (4.0, str(ago(0)))
    assert actual["high"] - 4 == pytest.approx(1.6448536269514722 * sd, abs=1e-5)
    first, *_, before, last = found["points"]
    assert (first["on"], first["planned"], first["actual"], len(found["points"])) == (str(ago(100)), 3.0, None, 101)
    assert (before["planned"], before["actual"]) == (3.99, None)
    assert (last["on"], last["planned"], last["actual"], last["low"]) == (str(ago(0)), 4.0, 4.0, actual["low"])
    monthly = await faster(metrics)
    assert monthly["points"][-1] == last
    assert 4 <= len(monthly["points"]) <= 5


async def test_several_services_are_one_and_without_any_it_is_the_city(metrics: Metrics) -> None:
    await metrics.receive(
        jurisdiction(),
        service("lamps"),
        service("parks"),
        service("trees"),
        objective("two", services=("lamps", "parks"), target=("5", -100), **SCORED),
        objective("city", services=(), target=("5", -100), **SCORED),
        *(rating(5, "lamps") for _ in range(40)),
        *(rating(3, "parks") for _ in range(40)),
        *(rating(1, "trees") for _ in range(40)),
    )
    items = (await metrics.get("/v1/objectives", jurisdiction_id="town"))["items"]
    city, two = items
    assert (city["id"], city["actual"]["value"], city["status"]) == ("town.city", 3.0, "behind")
    # 80 ratings of 4 on average, and 20 of the city's 3.
    assert (two["actual"]["value"], two["status"]) == (round((80 * 4 + 20 * 3) / 100, 6), "behind")


async def test_lists_page_and_narrow(metrics: Metrics) -> None:
    names = ("a", "b", "c")
    await metrics.receive(jurisdiction(), *(objective(name, services=(name,)) for name in names))
    page = await metrics.get("/v1/objectives", limit="2")
    assert [each["id"] for each in page["items"]] == ["town.a", "town.b"]
    rest = await metrics.get("/v1/objectives", limit="2", cursor=page["next"])
    assert ([each["id"] for each in rest["items"]], rest["next"]) == (["town.c"], None)
    of_b = await metrics.get("/v1/objectives", service_id="town.b", jurisdiction_id="town")
    assert [each["id"] for each in of_b["items"]] == ["town.b"]
    assert (await metrics.get("/v1/objectives", jurisdiction_id="moon"))["items"] == []


async def test_what_an_objective_lacks_is_said(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), objective(baseline=None, reported=(("8", 3),)))
    found = await faster(metrics)
    assert (found["status"], found["absent"], found["baseline"]) == ("no-data", "it has no baseline", None)
    assert found["points"] == [{"on": str(ago(3)), "planned": None, "actual": 8.0, "low": 8.0, "high": 8.0}]
    await metrics.receive(objective(baseline=("5", 100), version=2))
    assert (await faster(metrics))["absent"] == "its target is not beyond its baseline"
    await metrics.receive(objective(services=("nowhere",), version=3, **SCORED))
    assert (await faster(metrics))["absent"] == "nothing is known of the services that it names"


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/v1/objectives/town.none/progress", {}, (404, "unknown-objective")),
        ("/v1/objectives/Not an id/progress", {}, (422, "invalid-input")),
        (FASTER, {"as_of": "9999-12-31"}, (422, "future-day")),
        (FASTER, {"as_of": "nan"}, (422, "invalid-day")),
        (FASTER, {"scorecard": "moon.v9"}, (404, "unknown-scorecard")),
        (FASTER, {"step": "hour"}, (422, "invalid-input")),
        ("/v1/objectives", {"limit": "nan"}, (422, "invalid-input")),
        ("/v1/objectives", {"limit": "101"}, (422, "invalid-input")),
        ("/v1/objectives", {"cursor": "moon"}, (400, "bad-cursor")),
        ("/v1/objectives", {"service_id": "Not an id"}, (422, "invalid-input")),
    ],
)
async def test_what_cannot_be_answered_is_a_problem(
    metrics: Metrics, path: str, query: dict[str, str], expected: tuple[int, str]
) -> None:
    await metrics.receive(jurisdiction(), objective())
    assert await metrics.problem(path, **query) == expected
