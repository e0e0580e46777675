"""Why a score changed: contributions that add up to the difference, to the last digit that is published."""

import math
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.metrics.changes.split import MICRO, apportioned, logarithmic_mean
from tests.metrics.conftest import Metrics
from tests.metrics.town import DAY, HOUR, NOW, district, jurisdiction, rating, service, solved

TOWN = (jurisdiction(), district("north", 6_000), district("south", 4_000), service(), service("lamps"))


def day(ago: int) -> str:
    return (NOW - ago * DAY).date().isoformat()


async def change(metrics: Metrics, path: str = "services/town.potholes", **query: Any) -> dict[str, Any]:
    found: dict[str, Any] = await metrics.get(f"/v1/{path}/change", **query)
    return found


def micro(figures: Any) -> int:
    """Published figures added up exactly."""
    return sum(round(figure * MICRO) for figure in figures)


def assert_adds_up(found: dict[str, Any]) -> None:
    for name, dimension in found["dimensions"].items():
        moved = micro(each["moved"] for each in found["indicators"] if each["dimension"] == name)
        if dimension["difference"] is not None:
            assert moved == micro([dimension["difference"]]), name
            assert micro([dimension["after"]]) - micro([dimension["before"]]) == moved
    for each in found["indicators"]:
        assert micro([each["by_points"], each["by_weight"]]) == micro([each["moved"]])
    whole = found["public_value"]
    if whole["difference"] is not None:
        parts = [each["of_public_value"] for each in found["indicators"]] + list(whole["at_least_one"].values())
        assert micro(parts) == micro([whole["difference"]]) == micro([whole["after"]]) - micro([whole["before"]])


async def test_contributions_add_up_to_the_change(metrics: Metrics) -> None:
    events = [rating(n % 5 + 1, at=NOW - (60 - n) * DAY, district="north") for n in range(60)]
    late = [each for n in range(20) for each in solved(opened=NOW - (50 - n) * DAY, took=(n % 4 + 1) * 20 * HOUR)]
    await metrics.receive(*TOWN, *events, *late)
    found = await change(metrics, **{"from": day(20), "to": day(1)})
    assert (found["from"], found["to"]) == (day(20), day(1))
    assert found["public_value"]["difference"] is not None
    assert_adds_up(found)
    satisfaction = next(each for each in found["indicators"] if each["id"] == "satisfaction")
    explained = {}
    for end, at in (("before", 20), ("after", 1)):
        answer = await metrics.get("/v1/services/town.potholes/explanation", as_of=day(at))
        explained[end] = next(each for each in answer["indicators"] if each["id"] == "satisfaction")
        shown = {name: explained[end][name] for name in ("value", "n", "score", "contribution")}
        assert satisfaction[end] == shown
    difference = explained["after"]["contribution"] - explained["before"]["contribution"]
    assert satisfaction["moved"] == pytest.approx(difference, abs=2e-6)


async def test_what_comes_to_have_evidence_takes_weight_from_the_others(metrics: Metrics) -> None:
    await metrics.receive(*TOWN, *(rating(5, at=NOW - 40 * DAY) for _ in range(30)))
    await metrics.receive(*solved(opened=NOW - 10 * DAY, took=4 * DAY))
    found = await change(metrics, **{"from": day(30), "to": day(0)})
    assert_adds_up(found)
    by_id = {each["id"]: each for each in found["indicators"]}
    assert by_id["satisfaction"]["by_weight"] < 0
    appeared = by_id["resolution-rate"]
    assert (appeared["before"]["score"], appeared["by_points"]) == (None, 0)
    assert appeared["moved"] == pytest.approx(appeared["after"]["contribution"], abs=2e-6)
    assert found["public_value"]["difference"] is None
    assert {each["of_public_value"] for each in found["indicators"]} == {None}


async def test_a_dimension_below_one_point_counts_as_one_and_that_is_told(metrics: Metrics) -> None:
    good = [each for n in range(40) for each in solved(opened=NOW - (100 - n) * DAY, took=HOUR)]
    bad = [each for n in range(400) for each in solved(opened=NOW - 20 * DAY, took=19 * DAY + n * timedelta(minutes=1))]
    ratings = [rating(4, at=NOW - 70 * DAY, district="north") for _ in range(30)]
    await metrics.receive(*TOWN, *ratings, *good)
    await metrics.receive(*bad)
    found = await change(metrics, **{"from": day(50), "to": day(0)})
    assert found["public_value"]["at_least_one"] != {}
    assert_adds_up(found)


async def test_other_subjects_and_windows_change_too(metrics: Metrics) -> None:
    await metrics.receive(*TOWN, *(rating(n % 5 + 1, at=NOW - n * DAY, district="north") for n in range(90)))
    for path in ("jurisdictions/town", "districts/town.north"):
        assert_adds_up(await change(metrics, path))
    assert_adds_up(await change(metrics, period="week"))


async def test_odd_days_are_refused(metrics: Metrics) -> None:
    await metrics.receive(*TOWN)
    path = "/v1/services/town.potholes/change"
    assert await metrics.problem(path, **{"from": day(1), "to": day(1)}) == (422, "empty-span")
    assert await metrics.problem(path, **{"from": day(1), "to": day(9)}) == (422, "empty-span")
    assert await metrics.problem(path, to=day(-2)) == (422, "future-day")
    assert await metrics.problem(path, to="nan") == (422, "invalid-day")
    assert (await metrics.problem("/v1/services/moon/change"))[0] == 404
    first = await change(metrics, **{"from": "0001-01-01", "to": "0001-02-01"})
    assert first["public_value"]["difference"] is None


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20), st.integers(-3, 3))
def test_what_is_cut_off_goes_somewhere(shares: list[float], off: int) -> None:
    total = round(math.fsum(shares), 6) + off / MICRO
    found = apportioned(shares, total)
    assert micro(found) == round(total * MICRO)
    assert all(abs(one - other) < 1e-5 for one, other in zip(found, shares, strict=True))


@given(st.floats(1, 100), st.floats(1, 100))
def test_the_logarithmic_mean_lies_between(a: float, b: float) -> None:
    assert min(a, b) * (1 - 1e-9) <= logarithmic_mean(a, b) <= max(a, b) * (1 + 1e-9)
