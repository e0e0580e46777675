"""Whether an indicator became another with a change: held against weeks of which the answer is known."""

import math
from datetime import timedelta
from typing import Any

import pytest

from services.metrics.effects.regression import Week, fit
from shared.contracts.base import Contract
from tests.metrics.conftest import Metrics
from tests.metrics.town import DAY, NOW, jurisdiction, rating, service

NOON = NOW.replace(hour=12, minute=0)
WEEK = 7 * DAY
ON = (NOON - 12 * WEEK).date()
PATH = "/v1/services/town.potholes/change-effect"


def test_a_step_and_a_kink_are_found() -> None:
    """y = 2 + 0.5·t, and from week 0 on 3 more and 0.25 a week more: by hand."""
    weeks = [Week(t, 2 + 0.5 * t + (3 + 0.25 * t if t >= 0 else 0)) for t in range(-10, 10)]
    found = fit(weeks)
    for figure, value in zip(found[:5], (2, 0.5, 3, 0.25, 3 + 0.25 * 9), strict=True):
        assert figure.value == pytest.approx(value)
        assert (figure.low, figure.high, figure.p) == (figure.value, figure.value, None)
    assert found.lags == math.floor(4 * (20 / 100) ** (2 / 9)) == 2


def test_newey_west_by_hand() -> None:
    """Sixteen weeks with noise, against the formula written out."""
    noise = [0.3, -0.2, 0.1, -0.4, 0.25, 0.05, -0.15, 0.2, -0.1, 0.35, -0.3, 0.15, -0.05, 0.1, -0.2, 0.4]
    weeks = [Week(t, 1 + 0.1 * t + (2 if t >= 0 else 0) + noise[t + 8]) for t in range(-8, 8)]
    found = fit(weeks)
    np = pytest.importorskip("numpy")
    stats = pytest.importorskip("scipy.stats")
    x = np.array([[1, t, t >= 0, max(t, 0)] for t, _ in weeks], dtype=float)
    y = np.array([value for _, value in weeks])
    bread = np.linalg.inv(x.T @ x)
    b = bread @ x.T @ y
    scored = x * (y - x @ b)[:, None]
    meat = scored.T @ scored
    for lag in range(1, found.lags + 1):
        crossed = scored[lag:].T @ scored[:-lag]
        meat += (1 - lag / (found.lags + 1)) * (crossed + crossed.T)
    sd = np.sqrt(np.diag(bread @ meat @ bread) * 16 / 12)
    assert found.level.value == pytest.approx(b[2])
    assert found.level.high - found.level.value == pytest.approx(stats.t.ppf(0.95, 12) * sd[2])
    assert found.latest.value == pytest.approx(b[2] + 7 * b[3])
    assert found.level.low < 2 < found.level.high
    assert found.level.p is not None
    assert found.level.p < 0.001
    assert found.slope.low < 0 < found.slope.high


def weekly(values: dict[int, list[int]]) -> list[Contract]:
    """Ratings in the middle of weeks that are counted from the change."""
    start = NOON - 12 * WEEK
    return [rating(value, at=start + week * WEEK + 3 * DAY) for week, given in values.items() for value in given]


async def test_a_step_in_ratings(metrics: Metrics) -> None:
    """From 2.5 to 4, for two weeks 4.5, which is noise."""
    values = {week: [2, 3] for week in range(-10, 0)} | {week: [4, 4] for week in range(12)}
    values |= {5: [4, 5], 9: [5, 4], -3: [2, 2]}
    await metrics.receive(jurisdiction(), service(), *weekly(values))
    found = await metrics.get(PATH, on=f"{ON}", indicator="satisfaction")
    assert (found["n_before"], found["n_after"], found["absent"]) == (10, 12, None)
    assert [(week["value"], week["n"]) for week in found["weeks"][-12:][:6]] == [(4, 2)] * 5 + [(4.5, 2)]
    level = found["effect"]["level"]
    assert 1.2 < level["low"] < level["value"] < level["high"] < 2.2
    assert found["effect"]["direction"] == "better"
    assert level["p"] < 0.001
    again = await metrics.http.get(PATH, params={"on": f"{ON}T08:00:00Z", "indicator": "satisfaction"})
    assert again.json() == found


async def test_a_trend_that_goes_on_is_no_step(metrics: Metrics) -> None:
    """Each week one rating of 4 more and one of 2 less: it rises all the time, as before."""
    values = {week: [2] * (13 - week) + [4] * (14 + week) for week in range(-12, 12)}
    await metrics.receive(jurisdiction(), service(), *weekly(values))
    effect = (await metrics.get(PATH, on=f"{ON}", indicator="satisfaction"))["effect"]
    assert effect["slope_before"]["value"] == pytest.approx(2 / 27, abs=1e-6)
    assert effect["level"]["value"] == pytest.approx(0, abs=1e-6)
    assert effect["direction"] == "not told apart from no change"


async def test_too_few_weeks_are_absent_with_their_reason(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service(), *weekly({week: [4] for week in range(-7, 12)}))
    found = await metrics.get(PATH, on=f"{ON}", indicator="satisfaction")
    assert (found["effect"], found["n_before"], found["n_after"]) == (None, 7, 12)
    assert found["absent"] == "only 7 weeks with evidence before the change, and fewer than 8 tell nothing"
    latest = await metrics.get(PATH, indicator="satisfaction")
    assert (latest["on"], latest["version"], latest["n_after"]) == (f"{NOW.date()}", 1, 0)
    for day in ("0001-01-01", "1990-05-05"):
        assert (await metrics.get(PATH, on=day, indicator="on-time"))["effect"] is None


async def test_what_is_asked_wrongly_is_refused(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service(), rating(3, "unlisted"))
    cases: list[tuple[int, str, dict[str, Any]]] = [
        (422, "invalid-input", {}),
        (404, "unknown-indicator", {"indicator": "happiness"}),
        (422, "not-by-weeks", {"indicator": "participation"}),
        (422, "invalid-day", {"indicator": "on-time", "on": "NaN"}),
        (422, "future-day", {"indicator": "on-time", "on": f"{(NOW + timedelta(days=2)).date()}"}),
        (422, "invalid-input", {"indicator": "on-time", "weeks": "Infinity"}),
        (404, "unknown-scorecard", {"indicator": "on-time", "scorecard": "no.v9"}),
    ]
    for status, kind, query in cases:
        assert await metrics.problem(PATH, **query) == (status, kind), query
    unlisted = "/v1/services/town.unlisted/change-effect"
    assert await metrics.problem(unlisted, indicator="on-time") == (422, "no-change-known")
    assert await metrics.problem("/v1/services/town.none/change-effect", indicator="on-time") == (
        404,
        "unknown-service",
    )
