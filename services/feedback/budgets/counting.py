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

from collections.abc import Mapping, Sequence
from fractions import Fraction
from heapq import heappop, heappush
from typing import Literal, NamedTuple

from services.feedback.budgets.shares import Offer, Purses, Said

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
        ids = [each.id for each in candidates]
        said = Said(ids, ballots)
        self.ballots = dict(zip(ids, said.sums(said.repeated, len(ids)), strict=True))
        self.points = dict(zip(ids, said.sums(said.repeated * said.points, len(ids)), strict=True))
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


def _buy(tally: _Tally, amount: int, ballots: Mapping[Ballot, int], worth_cost: bool) -> list[Candidate]:
    """What equal shares buy, in the order in which it is bought.

    Prices only rise while purses empty: a price worked out earlier is a lower bound, so that most projects need not
    be looked at again in a round.
    """
    purses = Purses(amount, len(tally.ordered), Said([each.id for each in tally.ordered], ballots))
    waiting = [(Fraction(0), rank) for rank, each in enumerate(tally.ordered) if tally.points[each.id]]
    offers: dict[int, Offer] = {}
    bought: list[Candidate] = []
    while waiting:
        _, rank = heappop(waiting)
        each = tally.ordered[rank]
        if rank in offers:
            purses.pay(rank, offers[rank])
            bought.append(each)
            offers.clear()
        elif (offer := purses.offer(rank, each.cost)) is not None:
            offers[rank] = offer
            worth = each.cost if worth_cost else 1
            heappush(waiting, (Fraction(offer.top, offer.bottom * purses.denominator * worth), rank))
    return bought
