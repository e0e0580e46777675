"""What a score would be by another scorecard: differences that add up, and nothing saved."""

import copy
import json
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.metrics.scores.assessment import Assessment, assess_all
from services.metrics.scores.evidence import Evidence
from services.metrics.scores.scorecard import DEFAULT, Scorecard, scorecards
from services.metrics.what_if.changes import Changes, apply
from services.metrics.what_if.comparison import dimensions, indicators
from tests.metrics.conftest import Metrics
from tests.metrics.lives import patient
from tests.metrics.observations import TODAY
from tests.metrics.test_scores_properties import cases
from tests.metrics.town import DAY, HOUR, NOW, district, jurisdiction, rating, service, solved

CARD = scorecards()["default.v2"]
IDS = [each.id for each in CARD.indicators]
POTHOLES = {"kind": "service", "id": "town.potholes"}


def changed(**changes: Any) -> Scorecard:
    card, found = apply(CARD, Changes(**changes))
    assert card is not None, found
    return card


def assess(card: Scorecard, on: Evidence) -> Assessment:
    [found] = assess_all(card, on, TODAY)
    return found


def test_nothing_changed_is_the_same_scorecard() -> None:
    assert changed() == CARD


@patient
@given(cases(), st.floats(0.001, 1))
def test_the_scale_of_all_weights_does_not_matter(on: Evidence, scale: float) -> None:
    card = changed(
        weights={each.id: each.weight * scale for each in CARD.indicators},
        dimensions={name: weight * scale for name, weight in CARD.weights.items()},
    )
    before, after = assess(CARD, on), assess(card, on)
    assert all(abs(pair.difference) < 1e-9 for pair in indicators(before, after))
    assert (before.public_value is None) == (after.public_value is None)
    if before.public_value and after.public_value:
        assert abs(before.public_value.score - after.public_value.score) < 1e-9


@patient
@given(
    cases(),
    st.dictionaries(st.sampled_from(IDS), st.floats(0.01, 100)),
    st.dictionaries(st.sampled_from(IDS), st.floats(5, 100)),
    st.lists(st.sampled_from(IDS[1:3] + IDS[4:7]), unique=True, max_size=3),
)
def test_differences_of_contributions_add_up_to_those_of_dimensions(
    on: Evidence, weights: dict[str, float], targets: dict[str, float], removed: list[str]
) -> None:
    before, after = assess(CARD, on), assess(changed(weights=weights, targets=targets, remove=removed), on)
    pairs = indicators(before, after)
    for name, pair in dimensions(before, after).items():
        first, second = (each.points.score if each and each.points else 0.0 for each in pair)
        summed = sum(each.difference for each in pairs if each.either.indicator.dimension == name)
        assert summed == pytest.approx(second - first, abs=1e-9)


@patient
@given(cases(), st.sampled_from(IDS), st.floats(1.01, 100))
def test_more_weight_for_what_is_better_than_its_dimension_never_lowers_it(
    on: Evidence, name: str, times: float
) -> None:
    definition = next(each for each in CARD.indicators if each.id == name)
    assume(definition.weight * times <= 1_000)
    before, after = assess(CARD, on), assess(changed(weights={name: definition.weight * times}), on)
    one = next(each for each in before.indicators if each.indicator.id == name)
    was, becomes = before.dimensions[definition.dimension].points, after.dimensions[definition.dimension].points
    if one.points and was and becomes:
        worse = one.points.score < was.score
        assert (was.score - becomes.score if not worse else becomes.score - was.score) < 1e-9


@patient
@given(cases(), st.sampled_from(IDS), st.floats(0.1, 0.99))
def test_a_target_that_is_easier_never_lowers_a_score(on: Evidence, name: str, part: float) -> None:
    definition = next(each for each in CARD.indicators if each.id == name)
    easier = definition.floor + (definition.target - definition.floor) * part
    before, after = assess(CARD, on), assess(changed(targets={name: easier}), on)
    assert all(pair.difference >= -1e-9 for pair in indicators(before, after))


@patient
@given(cases(), st.sampled_from(IDS))
def test_an_indicator_taken_out_and_put_in_again_changes_nothing(on: Evidence, name: str) -> None:
    definition = next(each for each in CARD.indicators if each.id == name)
    others = [each for each in IDS if each != name]
    card = changed(remove=[name], add=[msgspec.to_builtins(definition) | {"id": f"{name}-again"}])
    assert sorted(each.id for each in card.indicators) == sorted([*others, f"{name}-again"])
    before, after = assess(CARD, on), assess(card, on)
    for one, other in dimensions(before, after).values():
        assert one is not None
        assert other is not None
        assert one.coverage == pytest.approx(other.coverage)
        if one.points and other.points:
            assert one.points == pytest.approx(other.points)


@pytest.mark.parametrize(
    ("changes", "at", "message", "right"),
    [
        ({"weights": {"satisfactoin": 1}}, "weights.satisfactoin", "no indicator", "satisfaction is the nearest"),
        ({"weights": {"satisfaction": -1}}, "weights.satisfaction", "is -1", "above 0"),
        ({"weights": {"satisfaction": float("nan")}}, "weights.satisfaction", "is not a number", "a number"),
        ({"targets": {"satisfaction": 1}}, "targets.satisfaction", "the same as floor", "another value"),
        ({"floors": {"satisfaction": "low"}}, "floors.satisfaction", "is 'low'", "a number"),
        ({"half_lives": {"satisfaction": 0}}, "half_lives.satisfaction", "is 0", "at least 1"),
        ({"half_lives": {"participation": 9}}, "half_lives.participation", "has no half_life_days", "one of"),
        ({"prior_strengths": {"on-time": -2}}, "prior_strengths.on-time", "is -2", "at least 0"),
        ({"dimensions": {"beauty": 1}}, "dimensions.beauty", "is not known here", "one of"),
        ({"dimensions": {"legitimacy": 0}}, "dimensions.legitimacy", "is 0", "above 0"),
        ({"dimensions": {"legitimacy": None}}, "dimensions.legitimacy", "is missing", "a weight"),
        ({"remove": ["moon"]}, "remove.0", "is no indicator", "one of"),
        ({"add": [{"id": "x", "formula": "rati"}]}, "add.0.formula", "is 'rati'", "ratio is the nearest"),
        ({"add": ["x"]}, "add.0", "is 'x'", "a mapping"),
        ({"add": [{"id": "on-time"}]}, "add.0.id", "is defined before", "another id"),
    ],
)
def test_what_cannot_be_changed_is_told_by_its_place(
    changes: dict[str, Any], at: str, message: str, right: str
) -> None:
    card, found = apply(CARD, Changes(**changes))
    assert card is None
    one = next(each for each in found if each.at == at)
    assert message in one.message
    assert right in one.right


async def what_if(metrics: Metrics, **said: Any) -> Any:
    answer = await metrics.http.post("/v1/what-if", json={"subject": POTHOLES} | said)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def town(metrics: Metrics) -> None:
    events: list[Any] = [rating(2) for _ in range(30)]
    for n in range(40):
        events += solved(opened=NOW - (n + 2) * DAY, took=2 * HOUR)
        events += solved("parks", opened=NOW - (n + 2) * DAY, took=(n % 4) * 13 * HOUR)
    events += [rating(5, "parks") for _ in range(30)]
    await metrics.receive(jurisdiction(), service(), service("parks"), *events)


async def test_before_and_after_are_the_scores_by_both_scorecards(metrics: Metrics) -> None:
    await town(metrics)
    found = await what_if(metrics, weights={"satisfaction": 9}, targets={"on-time": 0.99}, by="effectiveness")
    score = await metrics.get("/v1/services/town.potholes/score")
    assert found["scorecard"] == score["scorecard"] == DEFAULT
    assert found["public_value"]["before"] == score["public_value"]
    assert {name: each["before"] for name, each in found["dimensions"].items()} == score["dimensions"]
    effect = found["dimensions"]["effectiveness"]
    assert effect["difference"] == pytest.approx(effect["after"]["score"] - effect["before"]["score"], abs=2e-6)
    assert effect["difference"] < 0
    by_id = {each["id"]: each for each in found["indicators"]}
    assert by_id["satisfaction"]["change"] == by_id["on-time"]["change"] == "changed"
    assert by_id["satisfaction"]["before"]["weight"] == 3
    assert by_id["satisfaction"]["after"]["weight"] == 9
    assert by_id["resolution-rate"]["change"] == "none"
    assert by_id["resolution-rate"]["difference"] < 0
    assert (await metrics.get("/v1/services/town.potholes/score")) == score
    assert {each["source"] for each in (await metrics.get("/v1/scorecards"))["items"]} == {"package"}


async def test_ranks_move(metrics: Metrics) -> None:
    await town(metrics)
    query = {"by": "effectiveness"}
    first = await metrics.get("/v1/rankings", jurisdiction_id="town", **query)
    assert [each["service_id"] for each in first["items"]] == ["town.parks", "town.potholes"]
    same = await what_if(metrics, **query)
    assert same["ranks"] == [{"service_id": "town.potholes", "name": "Potholes", "before": 2, "after": 2, "up": 0}]
    found = await what_if(
        metrics, remove=["satisfaction"], targets={"resolution-rate": 2, "first-time-fix": 2}, **query
    )
    assert found["dimensions"]["effectiveness"]["after"]["score"] is not None
    moved = await what_if(metrics, targets={"satisfaction": 1.5}, floors={"satisfaction": 5}, **query)
    assert [(each["service_id"], each["up"]) for each in moved["ranks"]] == [("town.parks", -1), ("town.potholes", 1)]


async def test_another_half_life_counts_what_had_faded(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service(), rating(1, at=NOW - 600 * DAY), rating(5))
    found = await what_if(metrics, half_lives={"satisfaction": 3_650}, prior_strengths={"satisfaction": 0})
    satisfaction = next(each for each in found["indicators"] if each["id"] == "satisfaction")
    assert satisfaction["before"]["value"] == 5.0
    assert satisfaction["after"]["value"] == pytest.approx(3.11, abs=0.01)


async def test_of_a_whole_city_and_of_a_district(metrics: Metrics) -> None:
    month_ago = NOW.replace(day=1) - 5 * DAY
    given = [rating(n % 5 + 1, at=month_ago, district="north") for n in range(12)]
    await metrics.receive(jurisdiction(), service(), district("north", 6_000), *given)
    for kind, id in (("jurisdictions", "town"), ("districts", "town.north")):
        subject = {"kind": kind.removesuffix("s"), "id": id}
        said = {"subject": subject, "targets": {"satisfaction": 3}, "by": "effectiveness"}
        found = await what_if(metrics, **said)
        score = await metrics.get(f"/v1/{kind}/{id}/score")
        assert found["as_of"] == score["as_of"]
        effect = found["dimensions"]["effectiveness"]
        assert effect["before"] == score["dimensions"]["effectiveness"]
        assert effect["before"]["score"] is not None
        assert effect["difference"] > 0
        assert found["ranks"] == []


async def test_on_a_past_day_and_by_another_scorecard(metrics: Metrics) -> None:
    await town(metrics)
    found = await what_if(metrics, as_of=str((NOW - 10 * DAY).date()), scorecard="default.v1")
    assert (found["as_of"], found["scorecard"]) == (str((NOW - 10 * DAY).date()), "default.v1")
    assert len(found["indicators"]) == 10


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"subject": POTHOLES, "weights": {"moon": 1}}, (422, "invalid-scorecard")),
        ({"subject": POTHOLES, "weights": {"a\0": 1}}, (422, "invalid-scorecard")),
        ({"subject": POTHOLES, "weights": {"\ud800": 1}}, (422, "invalid-scorecard")),
        ({"subject": POTHOLES, "add": [{"id": "\ud800", "name": "\0"}]}, (422, "invalid-scorecard")),
        ({"subject": POTHOLES, "as_of": "2999-01-01"}, (422, "future-day")),
        ({"subject": POTHOLES, "scorecard": "moon.v1"}, (404, "unknown-scorecard")),
        ({"subject": POTHOLES, "surprise": 1}, (422, "invalid-input")),
        ({"subject": {"id": "town.moon"}}, (404, "unknown-service")),
        ({"subject": {"kind": "planet", "id": "town.potholes"}}, (422, "invalid-input")),
        ({"subject": {"kind": "district", "id": "town.moon"}}, (404, "unknown-district")),
        ({"subject": {"kind": "focal-area", "id": "x"}}, (404, "unknown-focal-area")),
        ({"subject": {"kind": "organisation", "id": "x"}}, (404, "unknown-organisation")),
        ({"subject": {"kind": "region", "id": "x"}}, (404, "unknown-region")),
        ({"subject": {"id": "\0"}}, (422, "invalid-input")),
        ({}, (422, "invalid-input")),
    ],
)
async def test_what_cannot_be_asked(metrics: Metrics, body: Any, expected: tuple[int, str]) -> None:
    await metrics.receive(jurisdiction(), service())
    headers = {"Content-Type": "application/json"}
    answer = await metrics.http.post("/v1/what-if", content=json.dumps(body), headers=headers)
    assert (answer.status_code, answer.json()["type"].rsplit(":", 1)[-1]) == expected
    assert answer.headers["content-type"] == "application/problem+json"


async def test_numbers_that_are_none_and_depths_are_refused(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service())
    nested: Any = 1
    for _ in range(50):
        nested = [copy.copy(nested)]
    start = '{"subject": {"id": "town.potholes"}, '
    for rest in ('"weights": {"satisfaction": NaN}}', '"targets": {"satisfaction": 1e999}}', f'"add": [{nested}]}}'):
        headers = {"Content-Type": "application/json"}
        answer = await metrics.http.post("/v1/what-if", content=start + rest, headers=headers)
        assert answer.status_code == 422, answer.text
