"""Counting rules: which projects are paid for, from the ballots alone. Exact, in whole numbers and fractions.

*Greedy*: projects by votes (or points), the most first; each is paid for if what is left suffices, else passed over.
This is how most cities count (GreedyAV in the literature).

*Method of equal shares*: D. Peters, G. Pierczyński and P. Skowron, "Proportional Participatory Budgeting with Additive
Utilities", NeurIPS 2021 (arXiv:2008.13276). Each ballot gets the same share of the money. A project is bought by those
who voted for it, each paying in proportion to what it is worth to them, or all they have left. Next is always the one
that costs its payers least per worth. A project is worth its cost to whoever voted for it; with points, its points.
When none can be bought any more, what is left is spent greedily (the paper's completion by utilitarian greedy).

Ties: more votes (or points) first, then the lower cost, then the lot, which is drawn before anybody votes. A project
that nobody voted for is never paid for.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import Literal, NamedTuple

Why = Literal["funded", "too_dear", "no_votes"]
Ballot = tuple[tuple[str, int], ...]
"""The projects that a ballot names, by id, each with its points; 1 where there are none."""


class Candidate(NamedTuple):
    """A project to vote on. `lot` differs between those of a budget."""

    id: str
    cost: int
    lot: int


class Counted(NamedTuple):
    """What became of a project. `left` is what was left of the money at its turn; `order` numbers those paid for.

    `by_shares` is true for what equal shares bought, before the rest was spent greedily.
    """

    id: str
    ballots: int
    points: int
    rank: int
    why: Why
    left: int
    order: int | None = None
    by_shares: bool = False


def ballot(choices: Mapping[str, int]) -> Ballot:
    """A ballot as it is counted."""
    return tuple(sorted(choices.items()))


def greedy(amount: int, candidates: Sequence[Candidate], ballots: Mapping[Ballot, int]) -> list[Counted]:
    """All projects in the order of their votes. `ballots` says how many there are of each."""
    return _spend(_Tally(candidates, ballots), amount, [])


def equal_shares(
    amount: int, candidates: Sequence[Candidate], ballots: Mapping[Ballot, int], *, worth_cost: bool
) -> list[Counted]:
    """All projects: those bought by equal shares first, in the order in which they were, then by votes.

    `worth_cost` says that a project is worth its cost to whoever voted for it, else its points.
    """
    tally = _Tally(candidates, ballots)
    return _spend(tally, amount, _buy(tally, amount, ballots, worth_cost) if ballots else [])


class _Tally:
    """Votes of projects, and their order."""

    def __init__(self, candidates: Sequence[Candidate], ballots: Mapping[Ballot, int]) -> None:
        self.ballots: Counter[str] = Counter()
        self.points: Counter[str] = Counter()
        for choices, times in ballots.items():
            for project, points in choices:
                self.ballots[project] += times
                self.points[project] += points * times
        self.ordered = sorted(candidates, key=lambda each: (-self.points[each.id], each.cost, each.lot))
        self.rank = {each.id: rank for rank, each in enumerate(self.ordered, 1)}

    def counted(self, each: Candidate, why: Why, left: int, order: int | None, by_shares: bool = False) -> Counted:
        return Counted(
            each.id, self.ballots[each.id], self.points[each.id], self.rank[each.id], why, left, order, by_shares
        )


def _spend(tally: _Tally, amount: int, bought: Sequence[Candidate]) -> list[Counted]:
    """Pays for what was bought, and then greedily for what else can be."""
    left = amount
    found = []
    for order, each in enumerate(bought, 1):
        found.append(tally.counted(each, "funded", left, order, by_shares=True))
        left -= each.cost
    order = len(bought)
    taken = {each.id for each in bought}
    for each in tally.ordered:
        if each.id in taken:
            continue
        why: Why = "no_votes" if not tally.points[each.id] else "funded" if each.cost <= left else "too_dear"
        order += why == "funded"
        found.append(tally.counted(each, why, left, order if why == "funded" else None))
        left -= each.cost if why == "funded" else 0
    return found


@dataclass(slots=True)
class _Purse:
    """What ballots that say the same have left, each: numbered by a denominator that all purses share."""

    times: int
    money: int


class _Offer(NamedTuple):
    """A project that can be bought: everybody pays `price` for each bit of worth, or all that they have left."""

    each: Candidate
    top: int
    bottom: int


def _buy(tally: _Tally, amount: int, ballots: Mapping[Ballot, int], worth_cost: bool) -> list[Candidate]:
    """What equal shares buy, in the order in which it is bought.

    Prices only rise while purses empty: a price worked out earlier is a lower bound, so that most projects need not
    be looked at again in a round.
    """
    denominator = sum(ballots.values())
    purses: dict[str, list[tuple[_Purse, int]]] = {each.id: [] for each in tally.ordered}
    everybody = []
    for choices, times in ballots.items():
        purse = _Purse(times, amount)
        everybody.append(purse)
        for project, points in choices:
            purses[project].append((purse, points))
    bounds = {each.id: Fraction(0) for each in tally.ordered if tally.points[each.id]}
    waiting = [each for each in tally.ordered if each.id in bounds]
    bought: list[Candidate] = []
    while waiting:
        waiting.sort(key=lambda each: (bounds[each.id], tally.rank[each.id]))
        best: _Offer | None = None
        gone = set()
        for each in waiting:
            if best is not None and bounds[each.id] > bounds[best.each.id]:
                break
            offer = _offer(each, purses[each.id], denominator)
            if offer is None:
                gone.add(each.id)
                continue
            worth = each.cost if worth_cost else 1
            bounds[each.id] = Fraction(offer.top, offer.bottom * denominator * worth)
            if best is None or _sooner(tally, bounds, each, best.each):
                best = offer
        if best is None:
            break
        denominator = _pay(best, purses[best.each.id], everybody, denominator)
        bought.append(best.each)
        gone.add(best.each.id)
        waiting = [each for each in waiting if each.id not in gone]
    return bought


def _sooner(tally: _Tally, bounds: Mapping[str, Fraction], one: Candidate, other: Candidate) -> bool:
    return (bounds[one.id], tally.rank[one.id]) < (bounds[other.id], tally.rank[other.id])


def _offer(each: Candidate, purses: Sequence[tuple[_Purse, int]], denominator: int) -> _Offer | None:
    """What each point has to pay, as `top / bottom` in units of the denominator; None where they have too little."""
    top = each.cost * denominator
    bottom = sum(purse.times * points for purse, points in purses)
    for purse, points in _poorest_first(purses):
        if purse.money * bottom >= top * points:
            return _Offer(each, top, bottom)
        top -= purse.money * purse.times
        bottom -= points * purse.times
    return None


def _poorest_first(purses: Sequence[tuple[_Purse, int]]) -> list[tuple[_Purse, int]]:
    """By what they have for each point; with equal points, as they have with plain votes, fractions are not needed."""
    if len({points for _, points in purses}) == 1:
        return sorted(purses, key=lambda each: each[0].money)
    return sorted(purses, key=lambda each: Fraction(each[0].money, each[1]))


def _pay(offer: _Offer, purses: Sequence[tuple[_Purse, int]], everybody: Sequence[_Purse], denominator: int) -> int:
    """Takes the money; returns the denominator that all payments are whole numbers of."""
    finer = offer.bottom // gcd(offer.top, offer.bottom)
    if finer > 1:
        for purse in everybody:
            purse.money *= finer
    price = offer.top * finer // offer.bottom
    for purse, points in purses:
        purse.money -= min(purse.money, price * points)
    return denominator * finer
