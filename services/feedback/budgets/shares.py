"""What the method of equal shares buys: exact, and quick for hundreds of thousands of ballots that differ.

Where everybody can pay the same price for each bit of worth, a project costs what is missing after those who have too
little gave all that they have, spread over the others. Who has too little is found in floating point, where that is
sure; where it is not, and for the price itself, only whole numbers count. What a ballot has left is never kept as one:
it is its share less the prices of what it voted for. So the exact part of a price is a sum over the projects that are
bought, of how many points those with too little gave to each.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import chain
from math import gcd
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

SURE = 1e-12
"""Of a share. Each project that is bought adds at most 4e-16 to what floating point is wrong by, and there are 500."""


MOST_STEPS = 50
"""Of a guess; they are few, and what it misses is set right."""


class Offer(NamedTuple):
    """Everybody pays `top / bottom` for each point, in the units of that moment, and those who are `poor` all."""

    top: int
    bottom: int
    poor: Mask


class Said:
    """Ballots, how many there are of each, and what they give to projects, which go by numbers, as rows of numbers."""

    def __init__(self, projects: Sequence[str], ballots: Mapping[tuple[tuple[str, int], ...], int]) -> None:
        numbers = {project: number for number, project in enumerate(projects)}
        lengths = np.fromiter(map(len, ballots), np.int64, len(ballots))
        size = int(lengths.sum())
        self.times: Whole = np.fromiter(ballots.values(), np.int64, len(ballots))
        self.starts: Whole = np.concatenate([[0], np.cumsum(lengths)])
        named = map(itemgetter(0), chain.from_iterable(ballots))
        self.projects: Whole = np.fromiter(map(numbers.__getitem__, named), np.int64, size)
        self.points: Whole = np.fromiter(map(itemgetter(1), chain.from_iterable(ballots)), np.int64, size)
        self.voters: Whole = np.repeat(np.arange(len(ballots)), lengths)
        self.repeated: Whole = self.times[self.voters]

    def sums(self, numbers: Whole, projects: int) -> list[int]:
        """By project; exact below 2**53."""
        return [int(each) for each in np.bincount(self.projects, numbers, projects)]


class Voters(NamedTuple):
    """What is said of one project: by which ballots, how many there are of each, and the points that one gives.

    `weights` are times by points, `entries` say where all this stands among what is said.
    """

    ballots: Whole
    times: Whole
    points: Whole
    weights: Whole
    entries: Whole


class Purses:
    """What ballots have left. All have the same share at first.

    Money is counted in whole numbers of a unit that becomes finer with each project that is bought: `denominator` of
    them are one minor unit of the currency.
    """

    def __init__(self, amount: int, projects: int, said: Said) -> None:
        self._said = said
        self._weights = said.repeated * said.points
        self._of = _by_project(projects, said, self._weights)
        self._place = np.zeros(len(said.projects), np.int64)
        """Of what is said of a project that is bought, one more than its place among the prices."""
        self.denominator = int(said.times.sum())
        self._share = amount
        self._prices: list[int] = []
        self._left = np.ones(len(said.times))
        self._spent = np.zeros(len(said.times), np.bool_)
        self._guess = [0.0] * projects

    def offer(self, project: int, cost: int) -> Offer | None:
        """What those who voted for a project have to pay for it; None where they have too little."""
        if not self._suffices(project, cost):
            return None
        of = self._of[project]
        has = ~self._spent[of.ballots]
        poor = self._guessed(project, cost)
        while True:
            top = cost * self.denominator - self._sum(of.ballots[np.flatnonzero(poor & has)])
            bottom = int((of.weights * ~poor).sum())
            really = self._poor(project, Fraction(top, bottom))
            if (really == poor).all():
                return Offer(top, bottom, poor)
            poor = really

    def pay(self, project: int, offer: Offer) -> None:
        """Takes the money."""
        finer = offer.bottom // gcd(offer.top, offer.bottom)
        self.denominator *= finer
        self._share *= finer
        self._prices = [price * finer for price in self._prices]
        price = offer.top * finer // offer.bottom
        self._prices.append(price)
        of = self._of[project]
        self._place[of.entries] = len(self._prices)
        self._left[of.ballots] -= price / self._share * of.points
        self._left[of.ballots[offer.poor]] = 0.0
        self._spent[of.ballots[offer.poor]] = True

    def _suffices(self, project: int, cost: int) -> bool:
        """Whether those who voted for a project have enough together."""
        of = self._of[project]
        wanted, there = cost * self.denominator / self._share, float((self._left[of.ballots] * of.times).sum())
        if abs(there - wanted) > SURE * float(of.times.sum()) + 1e-9 * wanted:
            return there > wanted
        return self._sum(of.ballots[~self._spent[of.ballots]]) >= cost * self.denominator

    def _guessed(self, project: int, cost: int) -> Mask:
        """Who has too little, as floating point sees it; in the steps of Newton's method, which never go too far."""
        of = self._of[project]
        left = self._left[of.ballots]
        have = left * of.times
        missing = cost * self.denominator / self._share
        price = self._guess[project]
        poor: Mask = left < price * of.points
        for _ in range(MOST_STEPS):
            bottom = (of.weights * ~poor).sum()  # quicker than to pick them
            if bottom == 0:
                break
            price = (missing - (have * poor).sum()) / bottom
            more: Mask = left < price * of.points
            if (more <= poor).all():
                self._guess[project] = price
                return poor
            poor = more
        return np.zeros(len(left), np.bool_)

    def _poor(self, project: int, price: Fraction) -> Mask:
        """Who has less than a price for each point."""
        of = self._of[project]
        rest = self._left[of.ballots] - price.numerator / (price.denominator * self._share) * of.points
        poor: Mask = (rest < 0) | self._spent[of.ballots]
        known: dict[tuple[tuple[int, int], ...], bool] = {}
        for at in np.flatnonzero((np.abs(rest) <= SURE) & ~self._spent[of.ballots]):
            paid = self._paid(of.ballots[at])
            said = ((-1, int(of.points[at])), *paid)
            if said not in known:
                has = self._share - sum(self._prices[place] * given for place, given in paid)
                known[said] = has * price.denominator < price.numerator * said[0][1]
            poor[at] = known[said]
        return poor

    def _paid(self, voter: int) -> list[tuple[int, int]]:
        """What a ballot that has something left voted for of what is bought: its places, and the points it gave."""
        said = slice(self._said.starts[voter], self._said.starts[voter + 1])
        places, points = self._place[said], self._said.points[said]
        return [(int(place) - 1, int(given)) for place, given in zip(places, points, strict=True) if place]

    def _sum(self, voters: Whole) -> int:
        """What ballots that have something left have together."""
        starts = self._said.starts[voters]
        lengths = self._said.starts[voters + 1] - starts
        entries = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths) + np.arange(lengths.sum())
        given = np.bincount(self._place[entries], self._weights[entries], len(self._prices) + 1)
        paid = sum(price * int(points) for price, points in zip(self._prices, given[1:], strict=True))
        return self._share * int(self._said.times[voters].sum()) - paid


def _by_project(projects: int, said: Said, weights: Whole) -> list[Voters]:
    order = np.argsort(said.projects, kind="stable")
    bounds = np.searchsorted(said.projects[order], np.arange(projects + 1))
    columns = [each[order] for each in (said.voters, said.repeated, said.points, weights)]
    slices = [slice(bounds[n], bounds[n + 1]) for n in range(projects)]
    return [Voters(*(each[part] for each in (*columns, order))) for part in slices]
