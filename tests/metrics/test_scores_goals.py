"""How far objectives are attained, and what a case costs, against plan: from events to figures computed by hand."""

import math
from typing import Any

import msgspec
import pytest

from shared.contracts.catalog import OrganisationChanged
from tests.metrics.aims import ago, euros, objective, report
from tests.metrics.conftest import Metrics
from tests.metrics.town import DAY, HOUR, NOW, jurisdiction, rating, service, solved

POTHOLES = "/v1/services/town.potholes"


async def goals(metrics: Metrics, **query: str) -> dict[str, Any]:
    return await indicator(metrics, "goal-attainment", **query)


async def cost(metrics: Metrics, **query: str) -> dict[str, Any]:
    return await indicator(metrics, "cost-per-case", **query)


async def indicator(metrics: Metrics, name: str, **query: str) -> dict[str, Any]:
    found = await metrics.get(f"{POTHOLES}/explanation", **query)
    [one] = [each for each in found["indicators"] if each["id"] == name]
    return dict(one)


async def test_what_the_city_reported_against_the_plan_of_that_day(metrics: Metrics) -> None:
    # Ten days ago 90 of 200 days had gone: 0.45 of the way, 10 to 5. At 8.5 it was 0.3 of the way.
    await metrics.receive(jurisdiction(), service(), objective(reported=(("9", 50), ("8.5", 10), ("5", -1))))
    found = await goals(metrics)
    assert (found["value"], found["sd"], found["n"], found["effective_n"]) == (round(0.3 / 0.45, 6), 0.0, 1, 1.0)
    assert (found["score"], found["low"], found["high"]) == (round(100 * 0.3 / 0.45, 6),) * 3
    then = await goals(metrics, as_of=str(ago(11)))
    assert then["value"] == round(0.2 / 0.25, 6)
    assert (await goals(metrics, as_of=str(ago(51))))["absent"] == (
        "of no objective can progress be told: no figure was reported of 550 days"
    )


async def test_several_objectives_count_alike_and_none_makes_up_for_another(metrics: Metrics) -> None:
    # 7 is 0.6 of the way, beyond the plan of 0.5, and counts as 1; 10 has not moved, 11 has gone back: both are 0.
    ahead = objective("ahead", reported=(("7", 0),))
    stuck, back = objective("stuck", reported=(("10", 0),)), objective("back", reported=(("11", 0),))
    await metrics.receive(jurisdiction(), service(), ahead, stuck, back)
    found = await goals(metrics)
    assert (found["value"], found["n"]) == (round(1 / 3, 6), 3)


async def test_an_indicator_of_the_scores_brings_its_uncertainty(metrics: Metrics) -> None:
    # Four ratings of 4 alone in town: 4. From 3 to 5 it is half of the way, as planned; sd 0.5 of a planned point.
    wanted = objective(code="satisfaction", source="metrics", baseline=("3", 100), target=("5", -100))
    await metrics.receive(jurisdiction(), service(), wanted, *(rating(4) for _ in range(4)))
    found, mean = await goals(metrics), await indicator(metrics, "satisfaction")
    assert (mean["value"], found["value"]) == (4.0, 1.0)
    # 1 sd of the rating is 1 / (2 · 0.5) of the plan; above the plan the interval is clipped.
    assert found["sd"] == pytest.approx(mean["sd"] / 2, abs=1e-6)
    assert found["low"] == pytest.approx(100 * (1 - 1.6448536269514722 * found["sd"]), abs=1e-4)


async def test_points_of_an_indicator_a_dimension_and_public_value(metrics: Metrics) -> None:
    def wanted(name: str, code: str) -> Any:
        plan: dict[str, Any] = {"baseline": ("0", 100), "target": ("100", -100)}
        return objective(name, code=code, source="metrics", unit="points", **plan)

    # 4 of 1 to 4.5 is 85.714286 points: all of effectiveness without goals, and more than the 50 planned.
    await metrics.receive(jurisdiction(), service(), wanted("own", "satisfaction"), *(rating(4) for _ in range(4)))
    assert (await goals(metrics))["value"] == 1.0
    plan: dict[str, Any] = {"baseline": ("80", 100), "target": ("100", -100), "version": 2}
    await metrics.receive(objective("own", code="satisfaction", source="metrics", unit="points", **plan))
    expected = (300 / 3.5 - 80) / 20 / 0.5
    assert (await goals(metrics))["value"] == pytest.approx(expected, abs=1e-6)
    await metrics.receive(objective("own", code="effectiveness", source="metrics", **plan | {"version": 3}))
    assert (await goals(metrics))["value"] == pytest.approx(expected, abs=1e-6)
    await metrics.receive(objective("own", code="public_value", source="metrics", **plan | {"version": 4}))
    assert "its indicator has no evidence" in (await goals(metrics))["absent"]
    await metrics.receive(objective("own", code="goal-attainment", source="metrics", **plan | {"version": 5}))
    assert "measured by 'goal-attainment', which no other indicator" in (await goals(metrics))["absent"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"baseline": None}, "it has no baseline"),
        ({"baseline": ("5", 100)}, "its target is not beyond its baseline"),
        ({"target": ("5", 100)}, "its target is not beyond its baseline"),
        ({"baseline": ("10", 0)}, "it has not begun"),
        ({"reported": ()}, "no figure was reported of 550 days"),
        ({"baseline": ("10", 900), "reported": (("8", 551),)}, "no figure was reported of 550 days"),
        ({"code": "moon", "source": "metrics", "reported": ()}, "measured by 'moon'"),
    ],
)
async def test_where_progress_cannot_be_told_it_says_why(metrics: Metrics, change: Any, reason: str) -> None:
    await metrics.receive(jurisdiction(), service(), objective(**{"reported": (("8", 0),)} | change))
    found = await goals(metrics)
    assert (found["value"], found["n"], found["contribution"]) == (None, 0, 0)
    assert reason in found["absent"]
    effectiveness = (await metrics.get(f"{POTHOLES}/score"))["dimensions"]["effectiveness"]
    assert effectiveness == {"score": None, "low": None, "high": None, "coverage": 0.0}


async def test_after_its_day_an_objective_is_held_to_the_whole_way_for_a_year(metrics: Metrics) -> None:
    # Its last figure is of ten days before its day: 0.8 of the way, and 0.8 of the whole.
    past = objective(baseline=("10", 465), target=("5", 365), reported=(("6", 375),))
    await metrics.receive(jurisdiction(), service(), past)
    assert (await goals(metrics))["value"] == 0.8
    assert (await goals(metrics, as_of=str(ago(366))))["value"] == round(0.8 / 0.9, 6)
    await metrics.receive(objective(baseline=("10", 466), target=("5", 366), reported=(("6", 375),), version=2))
    assert (await goals(metrics))["absent"] == "no objective names the service"


async def test_an_objective_that_is_taken_away_is_as_if_it_had_never_been(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service(), rating(5))
    await metrics.score_all()
    without = await metrics.get(f"{POTHOLES}/score")
    await metrics.receive(objective(reported=(("9", 0),)))
    await metrics.score_all()
    assert (await metrics.get(f"{POTHOLES}/score")) != without
    await metrics.receive(objective(reported=(("9", 0),), services=("parks",), version=2))
    await metrics.score_all()
    assert (await metrics.get(f"{POTHOLES}/score")) == without


async def test_what_a_case_costs_against_plan(metrics: Metrics) -> None:
    # Of five cases closed four fall into the period: 5,000 / 4 = 1,250 a case, where 6,000 / 6 = 1,000 was planned.
    noon = NOW.replace(hour=12)
    within = [solved(opened=noon - days * DAY, took=HOUR) for days in (400, 300, 100, 35)]
    money = {"budget_planned": euros(6_000), "budget_spent": euros(5_000), "cases_planned": 6, "cases_handled": 9}
    beyond = solved(opened=noon - 34 * DAY, took=HOUR)
    events = [event for each in (*within, beyond) for event in each]
    await metrics.receive(jurisdiction(), service(), report(**money), *events)
    found = await cost(metrics)
    assert (found["value"], found["n"], found["effective_n"]) == (1.25, 4, 4.0)
    assert found["sd"] == pytest.approx(1.25 / math.sqrt(4), abs=1e-6)
    assert found["score"] == 75.0
    assert (found["low"], found["high"]) == (0.0, 100.0)
    assert "no report of the service's budget" in (await cost(metrics, as_of=str(ago(36))))["absent"]
    handled = {name: each for name, each in money.items() if name != "cases_planned"}
    await metrics.receive(report(**handled, version=2))
    assert (await cost(metrics))["value"] == round(1_250 / (6_000 / 9), 6)


async def test_the_report_that_ended_last_and_tells_its_budget_counts(metrics: Metrics) -> None:
    events = [*solved(opened=NOW - 300 * DAY, took=HOUR), *solved(opened=NOW - 50 * DAY, took=HOUR)]
    money = {"budget_planned": euros(100), "cases_planned": 1}
    await metrics.receive(
        jurisdiction(),
        service(),
        report("one", first=400, last=200, budget_spent=euros(150), **money),
        report("two", first=199, last=20, budget_spent=euros(120), **money),
        report("staff", first=19, last=1, staff=3),
        report("whole", first=10, last=1, service=None, budget_spent=euros(900), **money),
        *events,
    )
    assert (await cost(metrics))["value"] == 1.2
    assert (await cost(metrics, as_of=str(ago(21))))["value"] == 1.5


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"budget_spent": None}, "no report of the service's budget, planned and spent, ended within 550 days"),
        ({"first": 700, "last": 551}, "no report of the service's budget"),
        ({"first": 700, "last": 500}, "no case was closed in the report's period"),
        ({"budget_spent": euros(5, "USD")}, "budgets are in different currencies"),
        ({"budget_planned": euros(0)}, "the planned budget is nothing"),
        ({"budget_spent": euros(-1)}, "less than nothing was spent"),
        ({"cases_planned": 0}, "does not tell for how many cases"),
        ({"cases_planned": None}, "does not tell for how many cases"),
    ],
)
async def test_where_cost_cannot_be_told_it_says_why(metrics: Metrics, change: Any, reason: str) -> None:
    whole = {"budget_planned": euros(10), "budget_spent": euros(10), "cases_planned": 1}
    await metrics.receive(
        jurisdiction(), service(), report(**whole | change), *solved(opened=NOW - 100 * DAY, took=HOUR)
    )
    found = await cost(metrics)
    assert found["value"] is None
    assert reason in found["absent"]


async def test_earlier_scorecards_can_still_be_asked(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service(), rating(5), objective(reported=(("10", 0),)))
    new, former = [
        (await metrics.get(f"{POTHOLES}/score", scorecard=f"default.v{version}"))["dimensions"]["effectiveness"]
        for version in (3, 2)
    ]
    assert (new["score"], former["score"]) == (60.0, 100.0)
    assert (new["coverage"], former["coverage"]) == (0.5, 0.375)


async def test_several_services_together(metrics: Metrics) -> None:
    """Of the organisation's two services: what the city reports, and what the scores say of both; costs added up."""
    owned = [msgspec.structs.replace(service(name), organisation_id="town.works") for name in ("potholes", "lamps")]
    works = OrganisationChanged(id="town.works", jurisdiction_id="town", name="Works", version=1, changed_at=NOW)
    rated: dict[str, Any] = {"code": "satisfaction", "source": "metrics", "baseline": ("3", 100)}
    money = {"budget_planned": euros(100), "cases_planned": 1}
    await metrics.receive(
        jurisdiction(),
        *owned,
        works,
        objective("reported", reported=(("9", 0),)),
        objective("both", services=("potholes", "lamps"), **rated),
        objective("one", services=("lamps", "elsewhere"), **rated),
        report("one", budget_spent=euros(130), **money),
        report("two", budget_spent=euros(110), service="lamps", **money),
        rating(4),
        *solved(opened=NOW - 100 * DAY, took=HOUR),
        *solved("lamps", opened=NOW - 100 * DAY, took=HOUR),
    )
    found = await metrics.get("/v1/organisations/town.works/explanation")
    goals, cost = (next(e for e in found["indicators"] if e["id"] == n) for n in ("goal-attainment", "cost-per-case"))
    # 0.2 of the 0.5 planned, and from 3 to 5 the 4 that is the plan.
    assert (goals["value"], goals["n"]) == (round((0.4 + 1) / 2, 6), 2)
    assert (cost["value"], cost["n"]) == (1.2, 2)
