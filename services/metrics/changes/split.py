"""The difference of two assessments by one scorecard, split exactly (docs/scores.md, section on changes). Pure."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.metrics.scores.assessment import Assessment, IndicatorScore

MICRO = 1_000_000
"""Figures are published with six decimals: sums are made to hold in these units."""


class Part(NamedTuple):
    """An indicator before and after, and what it moved, in points.

    `moved` is of its dimension: `by_points` because its own points changed, `by_weight` because evidence came or went,
    so that its weight became another share of the whole. `of_public_value` is None where that is absent on a day.
    """

    before: IndicatorScore
    after: IndicatorScore
    moved: float
    by_points: float
    by_weight: float
    of_public_value: float | None


class Split(NamedTuple):
    """`at_least_one`: what public value moved because a dimension below 1 point counts as 1, by dimension."""

    before: Assessment
    after: Assessment
    parts: Sequence[Part]
    at_least_one: Mapping[str, float]


def split(before: Assessment, after: Assessment) -> Split:
    """What each indicator moved."""
    pairs = list(zip(before.indicators, after.indicators, strict=True))
    moved = _of_dimensions(before, after, pairs)
    of_public_value = _of_public_value(before, after, pairs)
    by_weight = [_by_weight(before, after, *pair) for pair in pairs]
    parts = [
        Part(*pair, each, _rounded(each - _rounded(weight)), _rounded(weight), of_public_value.get(_key(pair[0])))
        for pair, each, weight in zip(pairs, moved, by_weight, strict=True)
    ]
    rest = {name: moved for (kind, name), moved in of_public_value.items() if kind == FLOOR}
    return Split(before, after, parts, rest)


Pairs = Sequence[tuple[IndicatorScore, IndicatorScore]]
INDICATOR, FLOOR = "indicator", "floor"
Key = tuple[str, str]


def _key(one: IndicatorScore) -> Key:
    return INDICATOR, one.indicator.id


def _of_dimensions(before: Assessment, after: Assessment, pairs: Pairs) -> list[float]:
    """What each indicator moved of its dimension; where a dimension has points on both days, these add up."""
    moved = [later.contribution - earlier.contribution for earlier, later in pairs]
    for name in before.dimensions:
        places = [place for place, (each, _) in enumerate(pairs) if each.indicator.dimension == name]
        total = _difference(before.figure(name), after.figure(name))
        if total is not None:
            for place, share in zip(places, apportioned([moved[n] for n in places], total), strict=True):
                moved[place] = share
    return [_rounded(each) for each in moved]


def _of_public_value(before: Assessment, after: Assessment, pairs: Pairs) -> dict[Key, float]:
    """By indicator, and by dimension for what its floor of 1 point moved; nothing where public value is absent.

    Logarithmic mean Divisia index, which leaves no residual: Ang, "Decomposition analysis for policymaking in energy",
    Energy Policy 2004. With L(a, b) = (a - b) / ln(a / b) and V = exp(Σ w·ln S): V1 - V0 = Σ L(V1, V0)·w·ln(S1 / S0),
    and ln(S1 / S0) = (S1 - S0) / L(S1, S0), where S1 - S0 is the sum of what the indicators moved.
    """
    values = before.public_value, after.public_value
    if values[0] is None or values[1] is None:
        return {}
    mean, weights = logarithmic_mean(values[0].score, values[1].score), before.scorecard.weights
    whole = math.fsum(weights.values())
    found: dict[Key, float] = {}
    for name, weight in weights.items():
        earlier, later = (each.dimensions[name].points for each in (before, after))
        assert earlier is not None
        assert later is not None
        ends = max(earlier.score, 1.0), max(later.score, 1.0)
        factor = weight / whole * mean / logarithmic_mean(*ends)
        for one, other in pairs:
            if one.indicator.dimension == name:
                found[_key(one)] = factor * (other.contribution - one.contribution)
        if ends != (earlier.score, later.score):
            found[FLOOR, name] = factor * ((ends[1] - later.score) - (ends[0] - earlier.score))
    total = _difference(*values)
    assert total is not None
    return dict(zip(found, apportioned(list(found.values()), total), strict=True))


def _by_weight(before: Assessment, after: Assessment, one: IndicatorScore, other: IndicatorScore) -> float:
    """What the change of its share of weight moved: times the mean of its points, so that the rest is its points' work.

    An indicator without points on a day has no share on it.
    """
    if one.points is None or other.points is None:
        return other.contribution - one.contribution
    shares = [_share(each, held) for each, held in ((before, one), (after, other))]
    return (shares[1] - shares[0]) * (one.points.score + other.points.score) / 2


def _share(assessment: Assessment, one: IndicatorScore) -> float:
    held = [each.indicator for each in assessment.indicators if each.points is not None]
    return one.indicator.weight / math.fsum(each.weight for each in held if each.dimension == one.indicator.dimension)


def logarithmic_mean(a: float, b: float) -> float:
    """(a - b) / ln(a / b), which lies between a > 0 and b > 0; a itself where they are the same."""
    if math.isclose(a, b, rel_tol=1e-9):
        return (a + b) / 2
    return (a - b) / math.log(a / b)


def apportioned(shares: Sequence[float], total: float) -> list[float]:
    """Shares with six decimals that add up to a total with six: what is left over goes where most was cut off."""
    wanted = round(total * MICRO)
    whole = [math.floor(share * MICRO) for share in shares]
    most_cut = sorted(range(len(shares)), key=lambda n: (whole[n] - shares[n] * MICRO, n))
    left, count = wanted - sum(whole), len(shares)
    for turn in range(count and abs(left)):
        whole[most_cut[turn % count] if left > 0 else most_cut[-1 - turn % count]] += 1 if left > 0 else -1
    return [each / MICRO for each in whole]


def _difference(before: object, after: object) -> float | None:
    """Of two published scores."""
    scores = [getattr(each, "score", None) for each in (before, after)]
    if scores[0] is None or scores[1] is None:
        return None
    return _rounded(_rounded(scores[1]) - _rounded(scores[0]))


def _rounded(figure: float) -> float:
    return round(figure, 6) + 0.0
