"""Scores of a span of days: what happened in it counts whole, and nothing else."""

import math
from datetime import UTC, date, datetime, timedelta

import pytest

from services.metrics.scores.assessment import IndicatorScore, assess_all
from services.metrics.scores.days import Period, first_of
from services.metrics.scores.evidence import Evidence, Inputs
from services.metrics.scores.scorecard import DEFAULT, scorecards
from shared.contracts.durations import bin_of
from tests.metrics.conftest import Metrics
from tests.metrics.observations import TODAY, Observation, evidence, month, sketch
from tests.metrics.town import DAY, HOUR, NOW, jurisdiction, rating, service, solved

CARD = scorecards()[DEFAULT]
POTHOLES = "/v1/services/town.potholes"


def indicator(name: str, on: Evidence, days: int) -> IndicatorScore:
    """An indicator over the last `days` days."""
    [assessment] = assess_all(CARD, on, TODAY, TODAY - timedelta(days=days - 1))
    return next(each for each in assessment.indicators if each.indicator.id == name)


def test_what_is_in_the_window_counts_whole_and_nothing_else() -> None:
    # In 30 days: 3 of 4 and 1 of 4; the jurisdiction besides 0 of 8 within, 99 of 99 before: 4 of 16.
    own = [Observation("on-time", 0, age, 4, total) for age, total in ((0, 3), (29, 1), (30, 4), (-1, 4))]
    elsewhere = [Observation("on-time", 0, 7, 8, 0), Observation("on-time", 0, 40, 99, 99)]
    found = indicator("on-time", evidence(own, elsewhere=elsewhere), 30).measured
    assert (found.n, found.effective_n, found.prior) == (8, 8, 0.25)
    assert found.estimate is not None
    assert found.estimate.value == (4 + 20 * 0.25) / 28
    assert found.estimate.observed == 0.5


def test_means_and_quantiles_are_of_the_window() -> None:
    own = [
        Observation("rating", 5, 0, 1, 5),
        Observation("rating", 2, 9, 1, 2),
        Observation("rating", 1, 10, 50, 50),
        *(Observation("time-to-close", bin_of(n * 3600), n, 1, n * 3600) for n in (1, 3, 5, 40)),
    ]
    on = evidence(own, targets={"resolution": 3600})
    satisfaction, median = indicator("satisfaction", on, 10).measured, indicator("resolution-time", on, 10).measured
    assert satisfaction.estimate is not None
    assert (satisfaction.n, satisfaction.estimate.observed) == (2, 3.5)
    assert median.estimate is not None
    assert median.n == 3
    assert median.estimate.value == pytest.approx(3, rel=0.01)


def test_a_stock_is_that_of_the_last_day() -> None:
    own = [Observation("opened", 1, 300, 10), Observation("due", 0, 200, 10), Observation("due-closed", 0, 100, 4)]
    closed = Observation("on-time", 0, 100, 4, 0)
    found = indicator("backlog-age", evidence([*own, closed]), 1).measured
    assert found.estimate is not None
    assert (found.n, found.estimate.observed) == (6, 1.0)


def test_participation_is_of_the_months_that_the_window_touches() -> None:
    sketches = [sketch([f"{age}-{n}" for n in range(10)], month() - age) for age in (0, 1, 2)]
    inputs = [Inputs("north", month() - age, 20) for age in (0, 1, 2)]
    on = evidence(
        [Observation("contributed", 0, age, 1, 60) for age in (0, 30, 31)],
        sketches=sketches,
        inputs=inputs,
        population=1_000,
        districts={"north": 1, "south": 1},
    )
    of_a_month, of_two = indicator("participation", on, 31).measured, indicator("participation", on, 32).measured
    assert ((of_a_month.n, of_a_month.months), (of_two.n, of_two.months)) == ((10, 1), (20, 2))
    assert indicator("representativeness", on, 31).measured.n == 20
    assert indicator("contributed-hours", on, 1).measured.n == 2
    assert indicator("participation", evidence(population=9), 1).measured.absent == "nobody gave input in the month"


def test_the_same_days_whatever_the_age_of_the_window() -> None:
    on = evidence([Observation("answered", 0, age, 1, age % 2) for age in range(90)])
    whole = indicator("answered", on, 90).measured
    assert whole.estimate is not None
    assert (whole.n, whole.effective_n, whole.estimate.observed) == (90, 90.0, 0.5)


@pytest.mark.parametrize(
    ("period", "day", "expected"),
    [
        (Period.DAY, "2024-02-29", "2024-02-29"),
        (Period.WEEK, "2024-03-03", "2024-02-26"),
        (Period.WEEK, "2024-02-26", "2024-02-26"),
        (Period.MONTH, "2024-02-29", "2024-02-01"),
        (Period.QUARTER, "2024-03-31", "2024-01-01"),
        (Period.QUARTER, "2024-12-31", "2024-10-01"),
        (Period.WEEK, "0001-01-06", "0001-01-01"),
    ],
)
def test_periods_are_those_of_the_calendar(period: Period, day: str, expected: str) -> None:
    assert first_of(period, date.fromisoformat(day)) == date.fromisoformat(expected)


async def test_a_score_of_a_period_and_since_a_date(metrics: Metrics) -> None:
    early, late = datetime(2024, 5, 6, tzinfo=UTC), datetime(2024, 5, 14, tzinfo=UTC)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    await metrics.receive(
        jurisdiction(), service(), rating(1, at=long_ago), rating(2, at=early), rating(4, at=late), rating(5)
    )
    week = await metrics.get(f"{POTHOLES}/score", as_of="2024-05-15", period="week")
    assert (week["since"], week["as_of"], week["events"]) == ("2024-05-13", "2024-05-15", 1)
    month = await metrics.get(f"{POTHOLES}/score", as_of="2024-05-15", period="month")
    assert (month["since"], month["events"]) == ("2024-05-01", 2)
    # Two ratings of mean 3, alone in town: (3 - 1) / 3.5.
    assert month["dimensions"]["effectiveness"]["score"] == pytest.approx(100 * 2 / 3.5, abs=1e-6)
    assert await metrics.get(f"{POTHOLES}/score", as_of="2024-05-15", since="2024-05-01") == month
    always = await metrics.get(f"{POTHOLES}/explanation", since="0001-01-01")
    satisfaction = next(each for each in always["indicators"] if each["id"] == "satisfaction")
    assert (satisfaction["n"], satisfaction["effective_n"], satisfaction["observed"]) == (4, 4.0, 3.0)
    assert "since" not in await metrics.get(f"{POTHOLES}/score", as_of="2024-05-15")


async def test_a_history_of_periods(metrics: Metrics) -> None:
    moments = [datetime(2024, month, 10, tzinfo=UTC) for month in (1, 2, 3, 5)]
    requests = [event for at in moments for event in solved(opened=at, took=HOUR)]
    await metrics.receive(jurisdiction(), service(), *requests)
    found = await metrics.get(f"{POTHOLES}/history", **{"from": "2024-01-01", "to": "2024-05-15"}, period="quarter")
    assert [(each["since"], each["as_of"], each["events"]) for each in found["items"]] == [
        ("2024-01-01", "2024-03-31", 6),
        ("2024-04-01", "2024-05-15", 2),
    ]
    assert found["items"][0] == await metrics.get(f"{POTHOLES}/score", as_of="2024-03-31", period="quarter")
    quarters = await metrics.get(f"{POTHOLES}/history", **{"from": "2024-01-01", "to": "2024-05-15"}, step="quarter")
    assert [each["events"] for each in quarters["items"]] == [6, 8]
    growing = await metrics.get(
        f"{POTHOLES}/history", **{"from": "2024-02-01", "to": "2024-04-30"}, step="month", since="2024-02-01"
    )
    assert [(each["since"], each["events"]) for each in growing["items"]] == [
        ("2024-02-01", 2),
        ("2024-02-01", 4),
        ("2024-02-01", 4),
    ]
    assert len((await metrics.get(f"{POTHOLES}/history", since=str((NOW - 3 * DAY).date())))["items"]) == 4


@pytest.mark.parametrize(
    ("what", "query", "expected"),
    [
        ("score", {"period": "decade"}, "invalid-input"),
        ("score", {"period": ""}, "invalid-input"),
        ("score", {"since": "9999-01-01"}, "future-day"),
        ("score", {"since": "nan"}, "invalid-day"),
        ("score", {"since": "2024-02-01", "as_of": "2024-01-31"}, "empty-span"),
        ("explanation", {"since": "2024-01-01", "period": "month"}, "two-spans"),
        ("history", {"since": "2024-01-02", "from": "2024-01-01", "to": "2024-02-01"}, "empty-span"),
        ("history", {"since": "2024-01-01", "period": "week", "from": "2024-01-01"}, "two-spans"),
    ],
)
async def test_spans_that_make_no_sense_are_problems(
    metrics: Metrics, what: str, query: dict[str, str], expected: str
) -> None:
    await metrics.receive(jurisdiction(), service())
    assert await metrics.problem(f"{POTHOLES}/{what}", **query) == (422, expected)


def test_a_window_is_not_clouded_by_what_is_far_away() -> None:
    near = [Observation("resolution", 0, age, 3) for age in range(5)]
    far = [Observation("resolution", 1, age, 7) for age in range(6, 600)]
    one, other = indicator("resolution-rate", evidence(near), 5), indicator("resolution-rate", evidence(near + far), 5)
    assert one == other
    assert math.isfinite(one.contribution)
