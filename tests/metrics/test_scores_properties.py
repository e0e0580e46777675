"""What holds for every score, whatever was observed."""

import random
from dataclasses import replace
from datetime import date

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.metrics.scores.assessment import Assessment, assess_all
from services.metrics.scores.evidence import Evidence, Inputs
from services.metrics.scores.scorecard import DEFAULT, scorecards
from tests.metrics.observations import TODAY, Observation, evidence, month, sketch

CARD = scorecards()[DEFAULT]
AGES = st.integers(0, 700)
FEW = st.integers(1, 30)
RATIOS = ("first-time-fix", "on-time", "answered")


@st.composite
def observations(draw: st.DrawFn) -> list[Observation]:
    """A service's or a jurisdiction's observations, none of which contradicts itself."""
    found: list[Observation] = []
    for age, count in draw(st.lists(st.tuples(AGES, FEW), max_size=12)):
        kind = draw(
            st.sampled_from((*RATIOS, "resolution", "rating", "time-to-close", "time-to-answer", "opened", "events"))
        )
        if kind in RATIOS:
            found.append(Observation(kind, 0, age, count, draw(st.integers(0, count))))
        elif kind == "rating":
            value = draw(st.integers(1, 5))
            found.append(Observation(kind, value, age, count, value * count))
        elif kind == "opened":
            found += [Observation(kind, 1, age, count), Observation("due", 0, age, draw(st.integers(0, count)))]
        else:
            bins = st.integers(0, 3) if kind == "resolution" else st.integers(-1, 900)
            found.append(Observation(kind, draw(bins), age, count))
    return found


@st.composite
def cases(draw: st.DrawFn) -> Evidence:
    return evidence(
        draw(observations()),
        elsewhere=draw(observations()),
        targets=draw(st.sampled_from([{}, {"resolution": 86_400, "first-answer": 3_600}])),
        inputs=[
            Inputs(d, month() - age, n) for d, age, n in draw(st.lists(st.tuples(st.sampled_from("abc"), FEW, FEW)))
        ],
        sketches=[sketch(map(str, range(draw(FEW))), month() - draw(st.integers(0, 14)))],
        population=draw(st.sampled_from([None, 0, 1_000])),
        districts=draw(st.dictionaries(st.sampled_from("abc"), st.none() | st.integers(0, 5_000))),
    )


def assess(on: Evidence, day: date = TODAY) -> Assessment:
    [found] = assess_all(CARD, on, day)
    return found


@given(cases())
def test_points_lie_between_their_bounds(on: Evidence) -> None:
    found = assess(on)
    every = [each.points for each in found.indicators] + [each.points for each in found.dimensions.values()]
    for points in [*every, found.public_value]:
        if points is not None:
            assert 0 <= points.low <= points.score + 1e-9
            assert points.score <= points.high + 1e-9
            assert points.high <= 100
    assert all(0 <= each.coverage <= 1 for each in found.dimensions.values())
    for one in found.indicators:
        assert (one.points is None) == (one.measured.absent is not None)
        assert isinstance(one.measured.n, int)


@given(observations(), observations(), st.randoms())
def test_the_order_of_rows_does_not_matter(
    own: list[Observation], others: list[Observation], chance: random.Random
) -> None:
    shuffled, elsewhere = own.copy(), others.copy()
    chance.shuffle(shuffled)
    chance.shuffle(elsewhere)
    one, other = assess(evidence(own, elsewhere=others)), assess(evidence(shuffled, elsewhere=elsewhere))
    assert one == other


@given(cases(), st.sampled_from([0.25, 2.0, 100.0]))
def test_the_scale_of_weights_does_not_matter(on: Evidence, scale: float) -> None:
    scaled = msgspec.structs.replace(
        CARD,
        dimensions={name: weight * scale for name, weight in CARD.dimensions.items()},
        indicators=[msgspec.structs.replace(i, weight=i.weight * scale) for i in CARD.indicators],
    )
    one, [other] = assess(on), assess_all(scaled, on, TODAY)
    for name, mine in one.dimensions.items():
        theirs = other.dimensions[name]
        assert abs(mine.coverage - theirs.coverage) < 1e-9
        assert (mine.points is None) == (theirs.points is None)
        if mine.points and theirs.points:
            assert max(abs(a - b) for a, b in zip(mine.points, theirs.points, strict=True)) < 1e-9
    assert (one.public_value is None) == (other.public_value is None)
    if one.public_value and other.public_value:
        assert max(abs(a - b) for a, b in zip(one.public_value, other.public_value, strict=True)) < 1e-9


@given(observations(), observations(), AGES, st.sampled_from([*RATIOS, "resolution-rate", "satisfaction"]))
def test_one_better_observation_never_lowers_its_indicator(
    own: list[Observation], others: list[Observation], age: int, name: str
) -> None:
    better = {
        "resolution-rate": Observation("resolution", 0, age),
        "satisfaction": Observation("rating", 5, age, 1, 5),
    }.get(name, Observation(name, 0, age, 1, 1))
    before, after = (
        next(i for i in assess(evidence(mine, elsewhere=others)).indicators if i.indicator.id == name).measured.estimate
        for mine in (own, [*own, better])
    )
    if before is not None:
        assert after is not None
        assert after.value >= before.value - 1e-12


@given(observations(), observations(), observations())
def test_a_correction_is_as_if_it_had_never_happened(
    own: list[Observation], others: list[Observation], undone: list[Observation]
) -> None:
    back = [replace(each, count=-each.count, total=-each.total) for each in undone]
    assert assess(evidence([*own, *undone, *back], elsewhere=others)) == assess(evidence(own, elsewhere=others))
