"""Two implementations of docs/scores.md, written apart, agree on whatever buckets: metrics' and the checker's."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from deploy.checker import model, rules, sketches
from deploy.checker.alerts import Judged
from deploy.checker.differences import Difference, Row, Rows, differences
from deploy.checker.findings import Findings
from deploy.checker.model import Case, People, Tally
from deploy.checker.recount import Evidence
from services.metrics.alerts.look import Look, Tie
from services.metrics.alerts.rules import RULES, Verdict
from services.metrics.alerts.states import examine
from services.metrics.channels.tally import use_of
from services.metrics.directory.entities import objective_of, report_of
from services.metrics.scores.assessment import Assessment, assess_all
from services.metrics.scores.evidence import Inputs
from services.metrics.scores.points import Points
from services.metrics.scores.scorecard import DEFAULT, scorecards
from tests.metrics.observations import TODAY, Observation, evidence, month, sketch

BINS = {
    "events": (0, 0),
    "opened": (0, 1),
    "due": (0, 0),
    "due-closed": (0, 0),
    "on-time": (0, 0),
    "answered": (0, 0),
    "first-time-fix": (0, 0),
    "resolution": (0, 3),
    "time-to-close": (-1, 900),
    "time-to-answer": (-1, 900),
    "rating": (1, 5),
    "decided": (0, 0),
    "pledge-kept": (0, 0),
    "contributed": (0, 0),
}
DISTRICTS = {"north": 900, "south": 300, "harbour": None, "island": 0}


@st.composite
def observations(draw: st.DrawFn) -> list[Observation]:
    """Such as events could have caused: what is closed was opened. Some lie in the future, and some too far back."""
    found = draw(st.lists(observation(), max_size=40))
    return found + [replace(each, measure="opened", bin=1) for each in found if each.measure == "on-time"]


@st.composite
def observation(draw: st.DrawFn) -> Observation:
    measure = draw(st.sampled_from(sorted(BINS)))
    number, count = draw(st.integers(*BINS[measure])), draw(st.integers(1, 40))
    total = count * number if measure == "rating" else draw(st.integers(0, count))
    return Observation(measure, number, draw(st.integers(-40, 700)), count, total)


def ago(first: int, last: int) -> st.SearchStrategy[str]:
    """Days between so many days ago, not all alike: borders come more often."""
    return (st.integers(last, first) | st.sampled_from([first, last])).map(lambda age: str(TODAY - timedelta(days=age)))


def figures(first: int, last: int) -> st.SearchStrategy[dict[str, str]]:
    values = st.sampled_from(["0", "0.25", "0.5", "20.5", "80", "-3"])
    return st.fixed_dictionaries({"value": values, "on": ago(first, last)})


CODES = [
    "on-time",
    "satisfaction",
    "backlog-age",
    "cost-per-case",
    "goal-attainment",
    "efficiency",
    "public_value",
    "moon",
]


@st.composite
def objective(draw: st.DrawFn) -> dict[str, Any]:
    """As the topic tells it, some with a plan, some without."""
    source, unit = draw(st.sampled_from(["metrics", "reported"])), draw(st.sampled_from([None, "points"]))
    indicator = {"source": source, "code": draw(st.sampled_from(CODES))} | ({"unit": unit} if unit else {})
    baseline = draw(figures(700, 366) | figures(365, 0) | st.none())
    return {
        "id": draw(st.sampled_from("abcde")),
        "indicator": indicator,
        "target": draw(figures(366, 365) | figures(5, -300)),
        "reported": draw(st.lists(figures(551, -2), max_size=4, unique_by=lambda each: each["on"])),
    } | ({"baseline": baseline} if baseline else {})


@st.composite
def report(draw: st.DrawFn) -> dict[str, Any]:
    """As the topic tells it: what is not known is left out."""
    days = sorted([draw(ago(700, 551)), draw(ago(551, -2))])
    money = (
        st.fixed_dictionaries(
            {
                "amount": st.sampled_from([5_000, 4_000, 7_000, 0, -1]),
                "currency": st.sampled_from(["EUR", "EUR", "USD"]),
            }
        )
        | st.none()
    )
    told = {
        "budget_planned": draw(money),
        "budget_spent": draw(money),
        "cases_planned": draw(st.sampled_from([30, None, 0])),
        "cases_handled": draw(st.sampled_from([None, 20])),
    }
    return {
        "id": draw(st.uuids()).hex,
        "organisation_id": "works",
        "service_id": "springfield.potholes",
        "period": {"starts_on": days[0], "ends_on": days[1]},
    } | {name: value for name, value in told.items() if value is not None}


def _row(report: dict[str, Any], own: Iterable[Observation]) -> Any:
    """The report as metrics reads it, with the cases that were closed in its period."""
    first, last = (str(report["period"][name]) for name in ("starts_on", "ends_on"))
    closed = sum(
        each.count for each in own
        if each.measure == "resolution" and each.bin < 2 and first <= str(TODAY - timedelta(days=each.age)) <= last
    )  # fmt: skip
    return defaultdict(lambda: None, report) | {"skills": [], "cases_closed": closed}


def tally(observations: Iterable[Observation]) -> Tally:
    found = Tally()
    for each in observations:
        found.add(each.measure, each.bin, TODAY - timedelta(days=each.age), each.count, each.total)
    return found


@settings(max_examples=300, deadline=None)
@given(
    own=observations(),
    elsewhere=observations(),
    inputs=st.dictionaries(st.sampled_from(sorted(DISTRICTS)), st.integers(0, 200)),
    people=st.lists(st.integers(0, 5_000), max_size=50),
    population=st.sampled_from([None, 0, 4_000]),
    target=st.sampled_from([None, 60, 86_400]),
    aims=st.lists(objective(), max_size=3),
    means=st.lists(report(), max_size=2),
)
def test_two_implementations_agree(
    own: list[Observation],
    elsewhere: list[Observation],
    inputs: dict[str, int],
    people: list[int],
    population: int | None,
    target: int | None,
    aims: list[dict[str, Any]],
    means: list[dict[str, Any]],
) -> None:
    names = [str(person) for person in people]
    targets = {"resolution": target, "first-answer": target} if target else {}
    found = evidence(
        own,
        elsewhere=elsewhere,
        targets=targets,
        inputs=[Inputs(district, month(), number) for district, number in inputs.items()],
        sketches=[sketch(names, month())] if names else [],
        population=population,
        districts=DISTRICTS,
        objectives=[objective_of(defaultdict(lambda: None, each)) for each in aims],
        reports=[report_of(_row(each, own)) for each in means],
    )
    union = sketches.union([sketches.sketch(names)])
    case = Case(
        as_of=TODAY,
        own=tally(own),
        all=tally([*own, *elsewhere]),
        resolution_target=target,
        first_answer_target=target,
        people=People(union.get_estimate(), union.get_lower_bound(2), union.get_upper_bound(2)),
        population=1_200 if population is None else population,
        inputs=inputs,
        districts={district: p for district, p in DISTRICTS.items() if p},
        objectives=aims,
        reports=means,
    )
    [theirs] = assess_all(scorecards()[DEFAULT], found, TODAY)
    _agree(model.score(case), theirs)


@st.composite
def run(draw: st.DrawFn) -> list[Observation]:
    """The same on each of some days, such as rules look for: ratings, answers that were due, and their events."""
    measure = draw(st.sampled_from(["rating", "rating", "answered", "events"]))
    number, count = draw(st.integers(*BINS[measure])), draw(st.sampled_from([1, 1, 2, 6, 12, 18, 40]))
    last, length = draw(st.integers(0, 20) | st.integers(0, 340)), draw(st.integers(1, 3) | st.integers(1, 120))
    total = count * number if measure == "rating" else draw(st.integers(0, count))
    ages = range(last, last + length)
    happened = [Observation("events", 0, age, count) for age in ages]
    return [Observation(measure, number, age, count, total) for age in ages] + happened


@settings(max_examples=400, deadline=None)
@given(
    own=st.lists(run(), max_size=6).map(lambda runs: [each for one in runs for each in one]),
    elsewhere=observations(),
    inputs=st.dictionaries(st.sampled_from(sorted(DISTRICTS)), st.integers(0, 200)),
    ties=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=9),
    channels=st.dictionaries(st.sampled_from(["web", "phone", ""]), st.integers(0, 60)),
    running=st.sampled_from([True, True, False]),
)
def test_two_implementations_of_the_rules_agree(
    own: list[Observation],
    elsewhere: list[Observation],
    inputs: dict[str, int],
    ties: list[tuple[str, str]],
    channels: dict[str, int],
    running: bool,
) -> None:
    found = evidence(
        own,
        elsewhere=elsewhere,
        inputs=[Inputs(district, month(), number) for district, number in inputs.items()],
        districts=DISTRICTS,
    )
    days = TODAY, TODAY - rules.BEFORE
    case = Case(
        as_of=TODAY, own=tally(own), all=tally([*own, *elsewhere]), population=1_200, inputs=inputs,
        districts={district: p for district, p in DISTRICTS.items() if p},
    )  # fmt: skip
    use = use_of(channels)
    ours = rules.judge(
        rules.Look(
            TODAY, case.own, *(model.score(replace(case, as_of=day)) for day in days), set(ties), running, use.told,
            use.of_channel,
        )
    )  # fmt: skip
    [now], [before] = (assess_all(scorecards()[DEFAULT], found, day) for day in days)
    look = Look(found.services[0], found.jurisdiction, now, before, [Tie(*tie) for tie in ties], running, use)
    theirs = {rule: examined.verdict for rule, examined in examine(look).findings.items()}
    for verdict in theirs.values():
        event(str(verdict))
    assert ours == {rule: SAME[verdict] for rule, verdict in theirs.items()}


SAME = {
    Verdict.RAISE: rules.Verdict.OPEN,
    Verdict.KEEP: rules.Verdict.EITHER,
    Verdict.CLEAR: rules.Verdict.CLOSED,
    Verdict.THIN: rules.Verdict.CLOSED,
}


def test_the_rules_have_the_same_bounds() -> None:
    assert {rule.id: rule.thresholds for rule in RULES.values()} == rules.BOUNDS


def test_between_its_bounds_an_alert_may_stand_either_way() -> None:
    """Of 60 that were due, 33 without answer: too few to raise, too many to clear."""
    own = tally([Observation("answered", 0, age, 20, 9) for age in range(3)])
    nothing = model.score(Case(TODAY, own, own))
    verdicts = rules.judge(rules.Look(TODAY, own, nothing, nothing, (), True))
    assert verdicts["input-unanswered"] == rules.Verdict.EITHER
    for stands in (True, False):
        findings = Findings()
        judged = Judged({"s": frozenset()}, {"s@input-unanswered": (stands, {})}, findings)
        judged.compare({"s": verdicts})
        assert (findings.clean, judged.rules) == (True, len(RULES))


def _agree(ours: model.Score, theirs: Assessment) -> None:
    assert ours.events == theirs.events
    for one in theirs.indicators:
        measured = ours.measured[one.indicator.id]
        assert measured.n == one.measured.n, one.indicator.id
        assert math.isclose(measured.effective_n, one.measured.effective_n, abs_tol=1e-9)
        _same_figure(ours.points[one.indicator.id], one.points)
        assert math.isclose(ours.contributions[one.indicator.id], one.contribution, abs_tol=1e-9)
    for name, (figure, coverage) in ours.dimensions.items():
        _same_figure(figure, theirs.dimensions[name].points)
        assert math.isclose(coverage, theirs.dimensions[name].coverage)
    _same_figure(ours.public_value, theirs.public_value)


def _same_figure(ours: model.Figure | None, theirs: Points | None) -> None:
    assert (ours is None) == (theirs is None)
    for mine, other in zip(ours or (), theirs or (), strict=True):
        assert math.isclose(mine, other, rel_tol=1e-9, abs_tol=1e-7)


def test_the_scorecards_are_the_same() -> None:
    card = scorecards()[DEFAULT]
    assert card.label == model.SCORECARD
    assert {each.id: (each.dimension, each.weight, each.floor, each.target) for each in card.indicators} == {
        name: (line.dimension, line.weight, line.floor, line.target) for name, line in model.LINES.items()
    }


async def _rows(rows: dict[int, int]) -> Rows:
    for key in sorted(rows):
        yield key, rows[key]


@given(st.dictionaries(st.integers(0, 30), st.integers(0, 2)), st.dictionaries(st.integers(0, 30), st.integers(0, 2)))
async def test_streams_differ_where_their_rows_do(expected: dict[int, int], found: dict[int, int]) -> None:
    def values(side: dict[int, int], key: int) -> Row | None:
        return (side[key],) if key in side else None

    differing = sorted(key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key))
    shown = [each async for each in differences(_rows(expected), _rows(found), 1)]
    assert shown == [Difference((key,), values(expected, key), values(found, key)) for key in differing]


def test_a_sketch_depends_on_the_set_alone() -> None:
    """Beyond 4,096 contributors, too, where it keeps a sample of them."""
    names = [str(number) for number in range(9_000)]
    whole = sketches.sketch(names)
    assert sketches.sketch([*names[::-1], *names[:50]]) == whole
    assert bytes(sketches.union([sketches.sketch(names[:6_000]), sketches.sketch(names[4_000:])]).serialize()) == whole


def test_the_twelve_months_end_with_that_of_the_day() -> None:
    evidence = Evidence(date(2026, 3, 31))
    for day, count in (
        (date(2025, 3, 1), 1),
        (date(2025, 4, 1), 10),
        (date(2026, 3, 1), 100),
        (date(2026, 4, 1), 1_000),
    ):
        evidence.note_month(("service", "district", "inputs", 0, day, count, 0))
    assert evidence.inputs("service", date(2026, 3, 31)) == {"district": 110}
    assert evidence.inputs("service", date(2026, 3, 3)) == {"district": 110}
    assert evidence.inputs("service", date(2026, 2, 28)) == {"district": 11}
