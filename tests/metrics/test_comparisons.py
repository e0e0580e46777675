"""Groups of services beside the others, and scores beside each other."""

import math
from datetime import date, timedelta
from statistics import fmean, stdev
from typing import Any

import pytest
from msgspec import structs

from services.metrics.comparisons.groups import Sample, compare
from tests.metrics.conftest import Metrics
from tests.metrics.test_success_factors import NAMES, town
from tests.metrics.town import DAY, NOW, jurisdiction, rating, service

PATH = "/v1/comparisons"


def test_means_and_differences_by_hand() -> None:
    """t(0.95) with 2 and 3 degrees of freedom is 2.919986 and 2.353363; Welch's are 4.411765 here."""
    [found] = compare([Sample([10, 12, 17], [4, 6, 8, 10])])
    assert found.mean is not None
    assert found.others is not None
    assert found.difference is not None
    assert (found.mean.value, found.others.value, found.difference.value) == (13, 7, 6)
    assert found.mean.high == pytest.approx(13 + 2.919986 * math.sqrt(13 / 3), abs=1e-5)
    assert found.others.low == pytest.approx(7 - 2.353363 * math.sqrt(20 / 3 / 4), abs=1e-5)
    a, b = 13 / 3, 20 / 12
    freedom = (a + b) ** 2 / (a**2 / 2 + b**2 / 3)
    stats = pytest.importorskip("scipy.stats")
    test = stats.ttest_ind([10, 12, 17], [4, 6, 8, 10], equal_var=False)
    assert test.df == pytest.approx(freedom)
    assert found.difference[1:] == pytest.approx(tuple(test.confidence_interval(0.9)))


def test_what_has_no_spread() -> None:
    alone, nobody, alike = compare([Sample([5], [1, 2]), Sample([], [1, 2]), Sample([5, 5], [3, 3])])
    assert alone.mean is not None
    assert alone.difference is not None
    assert (alone.mean, alone.difference) == ((5, None, None), (3.5, None, None))
    assert (nobody.mean, nobody.difference) == (None, None)
    assert alike.difference == (2, 2, 2)


def test_a_mean_of_points_stays_among_them() -> None:
    [found] = compare([Sample([0, 40], [60, 100])])
    assert found.mean == (20, 0, 100)
    assert found.others == (80, 0, 100)
    assert found.difference is not None
    assert found.difference.high is not None
    assert found.difference.high > 0 > found.difference.value


async def test_groups_of_services(metrics: Metrics) -> None:
    await metrics.receive(*town())
    scores = {}
    for name in NAMES:
        score = await metrics.get(f"/v1/services/town.{name}/score")
        scores[f"town.{name}"] = score["dimensions"]["effectiveness"]["score"]
    found = await metrics.get(PATH, jurisdiction_id="town", by="partnership")
    [together] = found["items"]
    assert (together["id"], together["name"]) == ("town.together", "Together")
    assert together["services"] == [f"town.{name}" for name in NAMES[::2]]
    inside = [scores[id] for id in together["services"]]
    others = [score for id, score in scores.items() if id not in together["services"]]
    figure = together["figures"]["effectiveness"]
    assert (figure["n"], figure["n_others"]) == (5, 5)
    assert figure["mean"]["value"] == pytest.approx(fmean(inside), abs=1e-6)
    assert figure["difference"]["value"] == pytest.approx(fmean(inside) - fmean(others), abs=1e-6)
    reach = 2.131847 * stdev(inside) / math.sqrt(5)  # t(0.95) with 4 degrees of freedom
    assert figure["mean"]["high"] - figure["mean"]["value"] == pytest.approx(reach, abs=1e-4)
    assert together["figures"]["public_value"] == {
        "n": 0, "n_others": 0, "mean": None, "others": None, "difference": None,
    }  # fmt: skip
    technologies = await metrics.get(PATH, jurisdiction_id="town", by="technology")
    assert [len(group["services"]) for group in technologies["items"]] == list(range(9, 0, -1))
    works = await metrics.get(PATH, jurisdiction_id="town", by="organisation")
    assert [(group["id"], group["figures"]["effectiveness"]["difference"]) for group in works["items"]] == [
        ("town.works", None)
    ]
    assert (await metrics.get(PATH, jurisdiction_id="town", by="focal-area"))["items"] == []


async def test_subjects_and_times_beside_each_other(metrics: Metrics) -> None:
    lamps = structs.replace(service("lamps"), focal_area="light, and more")
    last = (NOW - 40 * DAY).date()
    await metrics.receive(jurisdiction(), lamps, service("roads"))
    ratings = [rating(5, "lamps", at=NOW - 50 * DAY) for _ in range(9)] + [rating(2, "lamps") for _ in range(9)]
    await metrics.receive(*ratings, *(rating(3, "roads") for _ in range(9)))
    found = await metrics.get(PATH, of="services:town.lamps,services:town.roads,jurisdictions:town")
    assert [item.get("service_id", item.get("id")) for item in found["items"]] == ["town.lamps", "town.roads", "town"]
    first, second = [await metrics.get(f"/v1/services/town.{name}/score") for name in ("lamps", "roads")]
    assert found["items"][0] == first | {"difference": {}}
    difference = found["items"][1].pop("difference")
    assert found["items"][1] == second
    effective = [each["dimensions"]["effectiveness"] for each in (first, second)]
    told = difference["effectiveness"]
    assert told["value"] == pytest.approx(effective[1]["score"] - effective[0]["score"], abs=2e-6)
    reach = math.hypot(*((each["high"] - each["low"]) / 2 for each in effective))
    assert told["high"] - told["value"] == pytest.approx(reach, abs=1e-4)
    assert difference["public_value"] is None
    spans = f"{last - timedelta(days=20)}/{last},{date.today() - timedelta(days=1)}/{date.today()}"
    then, now = (await metrics.get(PATH, of="services:town.lamps", at=spans))["items"]
    assert (then["as_of"], then["since"]) == (f"{last}", f"{last - timedelta(days=20)}")
    assert now["difference"]["effectiveness"]["high"] < 0
    named = "focal-areas:light, and more,services:town.roads"
    assert (await metrics.get(PATH, of=named, jurisdiction_id="town"))["items"][0]["kind"] == "focal area"


async def test_what_is_asked_wrongly_is_refused(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service())
    both = "services:town.potholes,jurisdictions:town"
    cases: list[tuple[int, str, dict[str, Any]]] = [
        (422, "invalid-input", {}),
        (422, "invalid-input", {"by": "technology"}),
        (422, "invalid-input", {"by": "colour", "jurisdiction_id": "town"}),
        (422, "invalid-input", {"by": "technology", "jurisdiction_id": "town", "of": both}),
        (404, "unknown-jurisdiction", {"by": "technology", "jurisdiction_id": "nowhere"}),
        (422, "invalid-input", {"of": "services:town.potholes"}),
        (
            422,
            "invalid-input",
            {"of": "services:town.potholes", "at": ",".join(f"{2025 + n // 28}-01-{n % 28 + 1:02}" for n in range(50))},
        ),
        (422, "invalid-subject", {"of": "cats:town.tom,services:town.potholes"}),
        (404, "unknown-service", {"of": "services:town.none,services:town.potholes"}),
        (404, "unknown-focal-area", {"of": "focal-areas:light,services:town.potholes"}),
        (422, "invalid-day", {"of": both, "at": "NaN"}),
        (422, "invalid-day", {"of": both, "at": "2026-01-01,"}),
        (422, "empty-span", {"of": both, "at": "2026-02-01/2026-01-01"}),
        (422, "future-day", {"of": both, "at": "2999-01-01"}),
        (422, "invalid-day", {"jurisdiction_id": "town", "by": "technology", "as_of": "inf"}),
    ]
    for status, kind, query in cases:
        assert await metrics.problem(PATH, **query) == (status, kind), query
    early = await metrics.get(PATH, of=both, at="1990-01-01")
    assert [item["public_value"]["score"] for item in early["items"]] == [None, None]
