"""How much the order of services hangs on the scorecard's choices."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from services.metrics.scores.assessment import assess_all
from services.metrics.scores.evidence import Evidence
from services.metrics.scores.points import Points
from services.metrics.scores.rankings import rank
from services.metrics.scores.scorecard import scorecards
from services.metrics.sensitivity.analysis import DRAWS, Sensitivity, Spread, analyse
from services.metrics.sensitivity.model import Model, Weights, ranks
from services.metrics.what_if.changes import Changes, apply
from tests.metrics.conftest import Metrics
from tests.metrics.lives import patient
from tests.metrics.observations import TODAY
from tests.metrics.test_scores_properties import cases
from tests.metrics.town import DAY, HOUR, NOW, jurisdiction, rating, service, solved

CARD = scorecards()["default.v2"]
NAN = float("nan")


def model(points: Any, weights: Any = None, place: Any = None, dimensions: Any = None) -> Model:
    """Services by rows, indicators by columns; without a place all are of one dimension."""
    array = np.array(points, dtype=np.float64)
    count = array.shape[1]
    of = np.array(place if place is not None else [0] * count)
    names = [f"dimension-{n}" for n in range(of.max() + 1)]
    return Model(
        [f"service-{n}" for n in range(len(array))],
        [f"indicator-{n}" for n in range(count)],
        names,
        array,
        of,
        Weights(
            np.array([weights or [1.0] * count], dtype=np.float64),
            np.array([dimensions or [1.0] * len(names)], dtype=np.float64),
        ),
    )


def shares(found: Sensitivity) -> dict[str, float | None]:
    return {each.id: each.share for each in found.importance}


def test_ranks_are_shared_among_equals() -> None:
    assert ranks(np.array([[3.0, 9.0, 3.0, 1.0, 3.0 + 1e-9]])).tolist() == [[2, 1, 2, 5, 2]]


def test_means_are_those_of_scores() -> None:
    found = model([[90, 50, 0.2], [40, NAN, 64]], weights=[1, 3, 2], place=[0, 0, 1], dimensions=[1, 2])
    usual = found.scores(found.weights)[0]
    assert usual == pytest.approx([(60 * 1 * 1) ** (1 / 3), (40 * 64**2) ** (1 / 3)])
    assert found.scores(found.weights, arithmetic=True)[0] == pytest.approx([(60 + 0.4) / 3, (40 + 128) / 3])
    both = found.scores(found.weights, geometric=True)[0]
    assert both == pytest.approx([((90 * 50**3) ** (1 / 4)) ** (1 / 3), (40 * 64**2) ** (1 / 3)])


@patient
@given(st.lists(cases(), min_size=2, max_size=5), st.sampled_from(["public_value", *CARD.weights]))
def test_the_model_gives_the_scores_and_ranks_of_the_score_model(several: list[Evidence], by: str) -> None:
    assessments = [
        found._replace(service_id=f"service-{n}")
        for n, on in enumerate(several)
        for found in assess_all(CARD, on, TODAY)
    ]
    built = Model.of(CARD, assessments, by)
    scored = built.scores(built.weights)
    expected = {each.service_id: each.figure(by) for each in assessments if each.figure(by)}
    assert dict(zip(built.services, scored[0].tolist(), strict=True)) == pytest.approx(
        {name: points.score for name, points in expected.items() if points}, abs=1e-9
    )
    rounded = [(name, Points(round(p.score, 6), 0, 0, 0)) for name, p in expected.items() if p]
    listed = {each.service_id: each.rank for each in rank(rounded)}
    assert dict(zip(built.services, ranks(scored)[0].tolist(), strict=True)) == listed


POINTS = arrays.arrays(np.float64, (5, 6), elements=st.floats(0, 100) | st.just(NAN))


@patient
@given(POINTS, st.sampled_from(Spread), st.sampled_from([0.1, 7.0]))
def test_the_scale_of_weights_does_not_matter(points: Any, spread: Spread, scale: float) -> None:
    points[:, [0, 3]] = np.nan_to_num(points[:, [0, 3]])
    one = model(np.round(points), [1, 2, 3, 1, 2, 3], [0, 0, 0, 1, 1, 1], [1, 2])
    other = model(np.round(points), [scale * w for w in (1, 2, 3)] + [1, 2, 3], [0, 0, 0, 1, 1, 1], [scale, 2 * scale])
    first, second = analyse(one, spread, 2), analyse(other, spread, 2)
    moved = [abs(a.median - b.median) for a, b in zip(first.spans, second.spans, strict=True)]
    assert first.ranks == second.ranks
    assert max(moved) == 0
    assert first.average_shift == pytest.approx(second.average_shift, abs=0.02)


@patient
@given(arrays.arrays(np.float64, (4, 5), elements=st.integers(0, 99)), st.sampled_from(Spread))
def test_who_is_better_in_everything_is_first_by_all_weights(points: Any, spread: Spread) -> None:
    points[0] = points[1:].max(axis=0) + 1
    found = analyse(model(points, place=[0, 0, 1, 1, 1]), spread, 1)
    assert found.spans[0]._replace(top_share=1.0) == found.spans[0]
    assert (found.spans[0].best, found.spans[0].worst) == (1, 1)
    assert all(case.ranks[0] == 1 for case in [*found.aggregations, *found.without])


@patient
@given(POINTS)
def test_spans_hold_each_other_and_ranks_are_places(points: Any) -> None:
    points[:, 0] = np.nan_to_num(points[:, 0])
    found = analyse(model(points), Spread.ANY, 2)
    for span in found.spans:
        assert 1 <= span.best <= span.low <= span.median <= span.high <= span.worst <= len(points)
        assert 0 <= span.top_share <= 1
    assert all(each.share is None or 0 <= each.share <= 1 for each in found.importance)


def test_weights_move_a_quarter_or_anywhere() -> None:
    # Twice as much weight on what the first is better at: a quarter either way never turns that round.
    opposed = [[60, 40], [40, 60]]
    near = analyse(model(opposed, weights=[2, 1]), Spread.NEAR, 1)
    assert [(each.best, each.worst, each.top_share) for each in near.spans] == [(1, 1, 1.0), (2, 2, 0.0)]
    assert near.average_shift == 0
    # All shares are equally likely: the first is first where the first weight is the greater one, in half of them.
    anywhere = analyse(model(opposed, weights=[2, 1]), Spread.ANY, 1)
    assert anywhere.spans[0].top_share == pytest.approx(0.5, abs=3 * 0.5 / DRAWS**0.5)
    assert (anywhere.spans[0].best, anywhere.spans[0].worst) == (1, 2)


def test_a_weight_on_which_everything_hangs_is_told() -> None:
    # Only the first and the last indicator differ among services: which of them weighs more decides.
    found = shares(analyse(model([[70, 50, 50, 50], [50, 50, 50, 70.0]], [10, 1, 1, 10]), Spread.NEAR, 1))
    assert found["indicator-1"] == pytest.approx(0, abs=0.05)
    assert found["indicator-2"] == pytest.approx(0, abs=0.05)
    assert found["indicator-0"] == pytest.approx(found["indicator-3"], abs=0.1)
    # The sign of the difference of two uniform chances: each explains a third of its variance alone.
    assert found["indicator-0"] == pytest.approx(1 / 3, abs=0.08)


def test_where_no_rank_moves_nothing_is_important() -> None:
    assert set(shares(analyse(model([[90, 90], [10, 10]]), Spread.ANY, 1)).values()) == {None}


def test_an_indicator_left_out_is_as_if_the_scorecard_had_none() -> None:
    points = [[90, 10, 50], [40, 80, 60], [60, NAN, NAN]]
    found = analyse(model(points, [3, 2, 1]), Spread.NEAR, 1)
    without = {case.name: case.ranks for case in found.without}
    assert without == {"indicator-0": [2, 1, None], "indicator-1": [1, 3, 2], "indicator-2": [2, 3, 1]}
    assert found.ranks == [2, 2, 1] or found.ranks == [3, 2, 1]
    shifts = {case.name: case.average_shift for case in found.without}
    assert shifts["indicator-0"] is not None


def test_another_mean_can_turn_the_order() -> None:
    lopsided, even = [100, 4], [45, 45]
    found = analyse(model([lopsided, even], place=[0, 1]), Spread.NEAR, 1)
    assert found.ranks == [2, 1]
    cases = {case.name: (case.ranks, case.average_shift) for case in found.aggregations}
    assert cases == {"arithmetic": ([1, 2], 1.0), "geometric": ([2, 1], 0.0)}


def test_the_same_question_gets_the_same_answer() -> None:
    chance = np.random.Generator(np.random.PCG64(1))
    points = np.round(chance.random((30, 8)) * 100)
    place = [0, 0, 0, 1, 1, 2, 2, 2]
    one = analyse(model(points, place=place), Spread.NEAR, 3)
    assert analyse(model(points, place=place), Spread.NEAR, 3) == one
    turned = analyse(model(points[::-1], place=place), Spread.NEAR, 3)
    assert list(turned.spans) == list(one.spans)[::-1]
    assert shares(turned) == pytest.approx(shares(one))


def test_nobody_and_one_alone() -> None:
    assert analyse(Model.of(CARD, [], "public_value"), Spread.NEAR, 3).services == []
    [span] = analyse(model([[50, 60]]), Spread.ANY, 1).spans
    assert (span.best, span.worst, span.top_share) == (1, 1, 1.0)


async def town(metrics: Metrics) -> None:
    names = ["parks", "potholes", "lamps", "trees"]
    events: list[Any] = []
    for number, name in enumerate(names):
        events += [rating(n % 5 + 1, name) for n in range(number, 20 + number)]
        for n in range(20):
            events += solved(name, opened=NOW - (n + 2) * DAY, took=(n % (number + 2)) * 13 * HOUR)
    await metrics.receive(jurisdiction(), *map(service, [*names, "silence"]), *events)


async def test_sensitivity_over_http(metrics: Metrics) -> None:
    await town(metrics)
    query = {"jurisdiction_id": "town", "by": "efficiency"}
    found = await metrics.get("/v1/sensitivity", **query, top=2)
    ranking = await metrics.get("/v1/rankings", **query)
    assert [(each["service_id"], each["name"], each["rank"]) for each in found["items"]] == [
        (each["service_id"], each["name"], each["rank"]) for each in ranking["items"]
    ]
    assert (found["scorecard"], found["as_of"], found["top"]) == (ranking["scorecard"], str(date.today()), 2)
    assert (found["weights"]["spread"], found["weights"]["draws"]) == ("near", DRAWS)
    ids = {each["id"] for each in found["without"]}
    assert {"on-time", "resolution-time"} <= ids
    for each in found["items"][:-1]:
        assert each["low"] <= each["median"] <= each["high"]
        assert set(each["without"]) == ids
    assert found["items"][-1]["service_id"] == "town.silence"
    assert found["items"][-1]["low"] is None
    assert await metrics.get("/v1/sensitivity", **query, top=2) == found
    await metrics.receive(*[rating(1, "parks") for _ in range(50)])
    effectiveness = await metrics.get("/v1/sensitivity", jurisdiction_id="town", by="effectiveness", weights="any")
    assert effectiveness["weights"]["spread"] == "any"


async def test_leaving_out_agrees_with_what_if(metrics: Metrics) -> None:
    await town(metrics)
    found = await metrics.get("/v1/sensitivity", jurisdiction_id="town", by="efficiency")
    subject = {"kind": "service", "id": "town.parks"}
    said = {"subject": subject, "by": "efficiency", "remove": ["on-time"]}
    answer = await metrics.http.post("/v1/what-if", json=said)
    moved = {each["service_id"]: each["after"] for each in answer.json()["ranks"]}
    kept = {each["service_id"]: each["rank"] for each in found["items"]}
    expected = kept | moved
    assert {each["service_id"]: each["without"].get("on-time") for each in found["items"]} == expected


def test_leaving_out_takes_the_indicator_from_the_scorecard() -> None:
    card, _ = apply(CARD, Changes(remove=["on-time"]))
    assert card is not None
    assert "on-time" not in [each.id for each in card.indicators]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"jurisdiction_id": "moon"}, (404, "unknown-jurisdiction")),
        ({}, (422, "invalid-input")),
        ({"jurisdiction_id": "town", "top": "0"}, (422, "invalid-input")),
        ({"jurisdiction_id": "town", "top": "NaN"}, (422, "invalid-input")),
        ({"jurisdiction_id": "town", "weights": "far"}, (422, "invalid-input")),
        ({"jurisdiction_id": "town", "by": "beauty"}, (422, "invalid-input")),
        ({"jurisdiction_id": "town", "as_of": "2999-01-01"}, (422, "future-day")),
        ({"jurisdiction_id": "town", "scorecard": "moon.v1"}, (404, "unknown-scorecard")),
    ],
)
async def test_what_cannot_be_asked(metrics: Metrics, query: dict[str, str], expected: tuple[int, str]) -> None:
    await metrics.receive(jurisdiction(), service())
    assert await metrics.problem("/v1/sensitivity", **query) == expected


async def test_before_the_first_event_nobody_has_a_rank(metrics: Metrics) -> None:
    await town(metrics)
    found = await metrics.get("/v1/sensitivity", jurisdiction_id="town", as_of="1990-01-01")
    assert {each["rank"] for each in found["items"]} == {None}
    assert found["weights"]["average_shift"] is None
