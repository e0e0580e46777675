"""The city as CityScore shows it, worked out by hand."""

import csv
import io
from datetime import UTC, datetime

import pytest

from services.metrics.cityscore.view import relative
from tests.metrics.conftest import Metrics
from tests.metrics.town import HOUR, jurisdiction, rating, service, solved


@pytest.mark.parametrize(
    ("value", "target", "less_is_better", "expected"),
    [
        (0.8, 0.8, False, 1.0),
        (1.0, 0.8, False, 1.25),
        (0.0, 0.8, False, 0.0),
        (-3.0, 0.8, False, 0.0),
        (9.0, 0.8, False, 2.0),
        (2.0, 1.0, True, 0.5),
        (0.8, 1.0, True, 1.25),
        (0.0, 1.0, True, 2.0),
        (1e-300, 1.0, True, 2.0),
        (None, 1.0, True, None),
        (0.5, 0.0, False, None),
        (0.5, -1.0, True, None),
    ],
)
def test_a_figure_relative_to_its_target(
    value: float | None, target: float, less_is_better: bool, expected: float | None
) -> None:
    assert relative(value, target, less_is_better=less_is_better) == expected


async def test_a_city_by_day_week_month_and_quarter(metrics: Metrics) -> None:
    # On Wednesday 15 May 2024 one late of one; in the week one of two in time, in the month two of three, then three.
    events = []
    for day, hours in (("2024-05-15", 72), ("2024-05-14", 12), ("2024-05-02", 12), ("2024-04-10", 12)):
        closed = datetime.fromisoformat(f"{day}T20:00:00+00:00")
        events += solved("lamps", opened=closed - hours * HOUR, took=hours * HOUR)
    monday = datetime(2024, 5, 13, tzinfo=UTC)
    town = jurisdiction(12_000)
    await metrics.receive(town, service("lamps"), *events, rating(4, "lamps", at=monday), rating(5, "trees", at=monday))
    found = await metrics.get("/v1/jurisdictions/town/cityscore", as_of="2024-05-15", scorecard="default.v2")
    assert (found["jurisdiction_id"], found["as_of"], found["scorecard"]) == ("town", "2024-05-15", "default.v2")
    assert {name: each["since"] for name, each in found["periods"].items()} == {
        "day": "2024-05-15", "week": "2024-05-13", "month": "2024-05-01", "quarter": "2024-04-01",
    }  # fmt: skip
    rows = {each["id"]: each for each in found["items"]}
    on_time = [rows["on-time"][period] for period in ("day", "week", "month", "quarter")]
    assert [each["value"] for each in on_time] == [0.0, 0.5, pytest.approx(2 / 3, abs=1e-6), 0.75]
    assert [each["score"] for each in on_time] == pytest.approx([0, 0.5 / 0.95, 2 / 3 / 0.95, 0.75 / 0.95], abs=1e-6)
    assert [each["n"] for each in on_time] == [1, 2, 3, 4]
    # Less is better: three times the target in the day, half of it in the median of the month.
    assert rows["resolution-time"]["direction"] == "down"
    assert rows["resolution-time"]["day"]["score"] == pytest.approx(1 / 3, rel=0.01)
    assert rows["resolution-time"]["month"]["score"] == 2.0
    # Nobody rated on the day: no score, and no part in the mean.
    assert rows["satisfaction"]["day"]["score"] is None
    assert rows["satisfaction"]["week"]["score"] == 1.0
    # Five people in May (four requests, one in April; two ratings), of 5 a year per 1,000 of 12,000.
    assert rows["participation"]["month"] == {
        "score": pytest.approx(5 / 12 / (5 / 12), abs=1e-6), "value": pytest.approx(5 / 12, abs=1e-6),
        "target": pytest.approx(5 / 12, abs=1e-6), "n": 5,
    }  # fmt: skip
    for period in ("day", "week", "month", "quarter"):
        scores = [each[period]["score"] for each in found["items"] if each[period]["score"] is not None]
        assert found["periods"][period]["indicators"] == len(scores)
        assert found["periods"][period]["score"] == pytest.approx(sum(scores) / len(scores), abs=1e-5)
    table = await metrics.http.get(
        "/v1/jurisdictions/town/cityscore.csv", params={"as_of": "2024-05-15", "scorecard": "default.v2"}
    )
    assert table.headers["content-type"].startswith("text/csv")
    lines = list(csv.reader(io.StringIO(table.text)))
    assert lines[0] == ["indicator", "name", "day", "week", "month", "quarter"]
    assert [float(each) for each in lines[1][2:]] == [each["score"] for each in found["periods"].values()]
    assert next(line for line in lines if line[0] == "satisfaction")[2] == ""
    assert len(lines) == 2 + len(found["items"])


async def test_a_city_without_input_and_one_that_is_none(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction())
    found = await metrics.get("/v1/jurisdictions/town/cityscore", as_of="0001-01-01")
    assert {each["score"] for each in found["periods"].values()} == {None}
    assert await metrics.problem("/v1/jurisdictions/nowhere/cityscore") == (404, "unknown-jurisdiction")
    assert await metrics.problem("/v1/jurisdictions/town/cityscore.csv", as_of="9999-01-01") == (422, "future-day")
    assert await metrics.problem("/v1/jurisdictions/town/cityscore", as_of="nan") == (422, "invalid-day")
