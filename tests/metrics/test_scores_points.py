"""Points, dimensions, public value and ranks (docs/scores.md, sections 3 and 5) against numbers worked out by hand."""

import math

import pytest

from services.metrics.publishes import rounded
from services.metrics.scores.estimates import Estimate
from services.metrics.scores.points import DimensionPoints, Part, Points, dimension, points, public_value
from services.metrics.scores.rankings import rank

Z = 1.6448536269514722


def flat(score: float, sd: float = 0.0) -> Points:
    return Points(score, max(score - Z * sd, 0), min(score + Z * sd, 100), sd)


def test_more_is_better() -> None:
    # 0.65 on the way from 0.5 to 0.9: 37.5 points; 0.04 / Z either way is 10 points.
    found = points(Estimate(0.65, 0.65, 0.04 / Z), 0.5, 0.9)
    assert found == pytest.approx((37.5, 27.5, 47.5, 10 / Z))


def test_less_is_better_where_the_floor_is_above_the_target() -> None:
    # 1.5 on the way from 3 to 1: 75 points; half a target either way is 25 points, and 100 is the end.
    found = points(Estimate(1.5, 1.5, 0.6 / Z), 3, 1)
    assert found == pytest.approx((75, 45, 100, 27.5 / Z))


def test_beyond_the_target_is_not_rewarded() -> None:
    assert points(Estimate(0.5, 0.5, 0.0), 3, 1) == (100, 100, 100, 0)
    assert points(Estimate(9.0, 9.0, 0.0), 3, 1) == (0, 0, 0, 0)


def test_a_dimension_is_the_weighted_mean_of_what_has_evidence() -> None:
    # Weights 3 and 2 of 3 + 2 + 3: (3 * 90 + 2 * 40) / 5 = 70; sd = sqrt((3 * 5 / 5)^2 + (2 * 10 / 5)^2) = 5.
    found = dimension([Part(3, flat(90, 5)), Part(2, flat(40, 10)), Part(3, None), Part(5, None, optional=True)])
    assert found.coverage == pytest.approx(5 / 8)
    assert found.points == pytest.approx((70, 70 - Z * 5, 70 + Z * 5, 5))


def test_a_dimension_without_evidence() -> None:
    assert dimension([Part(3, None)]) == DimensionPoints(None, 0.0)


def test_public_value_is_a_geometric_mean() -> None:
    # cube root of 80 * 50 * 20; relative deviation: sqrt((4/80)^2 + (5/50)^2 + (1/20)^2) / 3.
    names = ("effectiveness", "efficiency", "legitimacy")
    scores = zip(names, (flat(80, 4), flat(50, 5), flat(20, 1)), strict=True)
    found = public_value(dict.fromkeys(names, 1), {name: DimensionPoints(each, 1.0) for name, each in scores})
    assert found is not None
    assert found.score == pytest.approx(80_000 ** (1 / 3))
    assert found.sd == pytest.approx(found.score * math.sqrt(0.0025 + 0.01 + 0.0025) / 3)


def test_public_value_counts_zero_points_as_one() -> None:
    found = public_value({"a": 1, "b": 3}, {"a": DimensionPoints(flat(0), 1.0), "b": DimensionPoints(flat(16), 0.5)})
    assert found is not None
    assert found.score == pytest.approx(8)  # (1 * 16^3)^(1/4)


@pytest.mark.parametrize("thin", [DimensionPoints(flat(50), 0.49), DimensionPoints(None, 0.0)])
def test_public_value_is_absent_where_a_dimension_is_thin(thin: DimensionPoints) -> None:
    assert public_value({"a": 1, "b": 1}, {"a": DimensionPoints(flat(50), 1.0), "b": thin}) is None


def test_ranks_with_what_the_intervals_allow() -> None:
    ranked = rank(
        [
            ("c", Points(50, 48, 52, 1)),
            ("a", Points(90, 85, 95, 3)),
            ("x", None),
            ("b", Points(88, 80, 96, 5)),
            ("d", Points(50, 30, 70, 12)),
        ]
    )
    assert [(each.service_id, each.rank, each.best, each.worst, each.tied) for each in ranked] == [
        ("a", 1, 1, 2, True),
        ("b", 2, 1, 2, True),
        ("c", 3, 3, 4, True),
        ("d", 3, 3, 4, True),
        ("x", None, None, None, False),
    ]


def test_a_score_that_only_one_interval_holds_is_no_tie() -> None:
    ranked = rank([("a", Points(90, 89, 91, 0.6)), ("b", Points(80, 60, 95, 10))])
    assert [each.tied for each in ranked] == [False, False]


def test_intervals_that_touch_allow_either_order() -> None:
    ranked = rank([("a", Points(90, 85, 95, 3)), ("b", Points(80, 75, 85, 3))])
    assert [(each.best, each.worst) for each in ranked] == [(1, 2), (1, 2)]


def test_figures_are_published_with_six_decimals_and_no_negative_zero() -> None:
    assert str(rounded(-0.0000001)) == "0.0"
    assert rounded(2 / 3) == 0.666667


def test_neighbours_whose_intervals_barely_touch_are_not_tied() -> None:
    ranked = rank([("a", Points(90, 80, 100, 6)), ("b", Points(75, 69, 81, 4))])
    assert [(each.best, each.worst, each.tied) for each in ranked] == [(1, 2, False), (1, 2, False)]
