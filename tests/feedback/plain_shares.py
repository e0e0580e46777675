"""The method of equal shares, word for word: what is bought, for elections that are small enough for fractions."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from services.feedback.budgets.counting import Ballot, Candidate


def bought(
    amount: int, candidates: Sequence[Candidate], ballots: Mapping[Ballot, int], *, worth_cost: bool
) -> list[str]:
    """The ids of what equal shares buys, in the order in which it does."""
    left = dict.fromkeys(ballots, Fraction(amount, sum(ballots.values())))
    votes = {each.id: sum(n * _points(ballot, each.id) for ballot, n in ballots.items()) for each in candidates}
    waiting = [each for each in candidates if votes[each.id]]
    found: list[str] = []
    while True:
        offers = [
            (price / (each.cost if worth_cost else 1), -votes[each.id], each.cost, each.lot, price, each.id)
            for each in waiting
            if (price := _price(each, left, ballots)) is not None
        ]
        if not offers:
            return found
        *_, price, project = min(offers)
        found.append(project)
        waiting = [each for each in waiting if each.id != project]
        left = {ballot: money - min(money, price * _points(ballot, project)) for ballot, money in left.items()}


def _points(ballot: Ballot, project: str) -> int:
    return dict(ballot).get(project, 0)


def _price(project: Candidate, left: Mapping[Ballot, Fraction], times: Mapping[Ballot, int]) -> Fraction | None:
    """What each point costs: the least at which what everybody pays, or has left, is what the project costs."""
    payers = [
        (money, points, times[ballot]) for ballot, money in left.items() if (points := _points(ballot, project.id))
    ]
    if sum(money * n for money, _, n in payers) < project.cost:
        return None
    for most in sorted(money / points for money, points, _ in payers):
        # Those who have less than `most` for each point give all; the others pay the same for each.
        rich = sum(points * n for money, points, n in payers if money / points >= most)
        missing = project.cost - sum(money * n for money, points, n in payers if money / points < most)
        price = Fraction(missing) / rich
        if price <= most:
            return price
    raise AssertionError("they have enough")
