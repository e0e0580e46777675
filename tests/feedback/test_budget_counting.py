"""Votes come to what the stated rule says, whatever they are: no database is needed for that."""

import itertools
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from services.feedback.budgets.counting import Ballot, Candidate, Counted, ballot, equal_shares, greedy
from tests.feedback.plain_shares import bought

NAMES = "abcdef"
Rule = Callable[[int, Sequence[Candidate], Mapping[Ballot, int]], list[Counted]]


def by_shares(amount: int, candidates: Sequence[Candidate], ballots: Mapping[Ballot, int]) -> list[Counted]:
    return equal_shares(amount, candidates, ballots, worth_cost=True)


def by_shares_of_points(amount: int, candidates: Sequence[Candidate], ballots: Mapping[Ballot, int]) -> list[Counted]:
    return equal_shares(amount, candidates, ballots, worth_cost=False)


RULES: list[Rule] = [greedy, by_shares, by_shares_of_points]
elections = st.tuples(
    st.integers(1, 100),
    st.lists(st.integers(1, 100), min_size=1, max_size=len(NAMES)).map(
        lambda costs: [Candidate(NAMES[n], cost, n) for n, cost in enumerate(costs)]
    ),
    st.lists(st.dictionaries(st.sampled_from(NAMES), st.integers(1, 9), min_size=1), max_size=12),
).map(lambda each: (each[0], each[1], [_known(said, each[1]) for said in each[2]]))
Election = tuple[int, list[Candidate], list[Ballot]]


def _known(said: Mapping[str, int], candidates: Sequence[Candidate]) -> Ballot:
    ids = {each.id for each in candidates}
    return ballot({name: points for name, points in said.items() if name in ids})


def funded(outcome: Sequence[Counted]) -> set[str]:
    return {each.id for each in outcome if each.why == "funded"}


@pytest.mark.parametrize("rule", RULES)
@given(election=elections, data=st.data())
def test_whatever_the_rule(rule: Rule, election: Election, data: st.DataObject) -> None:
    amount, candidates, ballots = election
    outcome = rule(amount, candidates, Counter(ballots))
    costs = {each.id: each.cost for each in candidates}
    paid_for = funded(outcome)
    spent = sum(costs[each] for each in paid_for)
    assert spent <= amount
    assert sorted(each.id for each in outcome) == sorted(costs)
    for each in outcome:
        assert (each.why == "no_votes") == (each.points == 0)
        if each.why == "too_dear":
            assert costs[each.id] > each.left >= amount - spent
    shuffled = data.draw(st.permutations(ballots))
    others = data.draw(st.permutations(candidates))
    assert rule(amount, others, Counter(shuffled)) == outcome


@given(election=elections, more=st.sampled_from(NAMES))
def test_greedy_never_drops_a_project_for_another_vote(election: Election, more: str) -> None:
    amount, candidates, ballots = election
    if more in funded(greedy(amount, candidates, Counter(ballots))):
        assert more in funded(greedy(amount, candidates, Counter([*ballots, ((more, 1),)])))


@given(election=elections)
def test_a_group_has_its_share(election: Election) -> None:
    """Those who agree on a project, and whose shares suffice for it, have something that they voted for paid for."""
    amount, candidates, ballots = election
    plain = [tuple((name, 1) for name, _ in each) for each in ballots]
    paid_for = funded(by_shares(amount, candidates, Counter(plain)))
    for each in candidates:
        group = [said for said in plain if (each.id, 1) in said]
        if group and len(group) * amount >= each.cost * len(plain):
            assert any(paid_for & {name for name, _ in said} for said in group)


def test_equal_shares_where_greedy_serves_the_majority_alone() -> None:
    """Six of ten want a, b and c; four want d. Each ballot holds 10 of 100."""
    candidates = [Candidate(name, 30, lot) for lot, name in enumerate("abcd")]
    ballots: Counter[Ballot] = Counter({ballot({"a": 1, "b": 1, "c": 1}): 6, ballot({"d": 1}): 4})
    assert funded(greedy(100, candidates, ballots)) == set("abc")
    outcome = by_shares(100, candidates, ballots)
    assert [(each.id, each.why, each.by_shares, each.order, each.left) for each in outcome] == [
        ("a", "funded", True, 1, 100), ("b", "funded", True, 2, 70), ("d", "funded", True, 3, 40),
        ("c", "too_dear", False, None, 10),
    ]  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_lots_decide_where_all_else_is_equal(rule: Rule) -> None:
    for lots in itertools.permutations((1, 2)):
        candidates = [Candidate("a", 10, lots[0]), Candidate("b", 10, lots[1])]
        outcome = rule(10, candidates, Counter({ballot({"a": 1}): 3, ballot({"b": 1}): 3}))
        assert funded(outcome) == {"a" if lots[0] == 1 else "b"}


ELECTIONS = json.loads((Path(__file__).parent / "elections.json").read_text())


@pytest.mark.parametrize("election", ELECTIONS)
def test_equal_shares_as_others_count_them(election: dict[str, Any]) -> None:
    """What pabutools 1.2.3 buys, with exact fractions and the same order of ties, before the rest is spent."""
    candidates = [Candidate(str(n), cost, n) for n, cost in enumerate(election["costs"])]
    outcome = equal_shares(
        election["amount"], candidates, Counter(map(ballot, election["ballots"])), worth_cost=not election["points"]
    )
    assert [int(each.id) for each in outcome if each.by_shares] == election["bought"]


@st.composite
def close_elections(draw: st.DrawFn) -> tuple[int, list[Candidate], dict[Ballot, int], bool]:
    """Where projects, or what somebody has and what they pay, often are equal or differ by next to nothing."""
    amount = draw(st.sampled_from([10, 100, 997, 10**9, 10**15, 10**15 - 1]))
    parts = st.builds(lambda part, more: amount // part + more, st.integers(1, 16), st.sampled_from([0, 0, 0, -1, 1]))
    costs = draw(st.lists(parts, min_size=1, max_size=12))
    candidates = [Candidate(f"p{n}", min(amount, max(1, cost)), n) for n, cost in enumerate(costs)]
    points = st.sampled_from(draw(st.sampled_from([[1], [1, 1, 2, 3, 10_000]])))
    said = st.dictionaries(st.sampled_from([each.id for each in candidates]), points, min_size=1).map(ballot)
    ballots = draw(st.dictionaries(said, st.sampled_from([1, 1, 2, 1_000, 10**6]), min_size=1, max_size=40))
    return amount, candidates, ballots, draw(st.booleans())


@given(election=close_elections())
@hypothesis_settings(max_examples=500, deadline=None)
def test_equal_shares_buys_exactly_what_fractions_say(
    election: tuple[int, list[Candidate], dict[Ballot, int], bool],
) -> None:
    amount, candidates, ballots, worth_cost = election
    outcome = equal_shares(amount, candidates, ballots, worth_cost=worth_cost)
    exactly = bought(amount, candidates, ballots, worth_cost=worth_cost)
    assert [each.id for each in outcome if each.by_shares] == exactly


def test_a_big_city_is_counted() -> None:
    """Twenty thousand ballots that differ, on a hundred projects."""
    names = [f"p{n:02}" for n in range(100)]
    candidates = [Candidate(name, 1_000_003 * (1 + n % 7), n) for n, name in enumerate(names)]
    ballots = Counter(
        ballot({names[(n * k * k + k) % 100]: 1 for k in range(1, 2 + n % 9)} | {names[n % 100]: 1})
        for n in range(20_000)
    )
    outcome = by_shares(100_000_000, candidates, ballots)
    assert 0 < len(funded(outcome)) < 100
