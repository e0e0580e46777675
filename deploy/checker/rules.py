"""The rules of alerts, written from docs/alerts.md and from nothing else."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from scipy.special import betainc

from deploy.checker.model import DIMENSIONS, Figure, Score, Tally, Z

OFFERED = ("pilot", "active")
BLUR = 1e-6
"""So near a bound, the last digits of a computation decide: either state is right."""

Bounds = Mapping[str, float]
BOUNDS: dict[str, Bounds] = {
    "score-dropped": {
        "days": 28, "points": 5, "points_clear": 2.5, "deviations": 3, "deviations_clear": 2, "least_deviation": 0.5,
    },
    "participation-biased": {"inputs": 50, "inputs_clear": 40, "high": 0.7, "high_clear": 0.75},
    "input-unanswered": {"days": 90, "due": 20, "due_clear": 15, "low": 0.5, "low_clear": 0.4},
    "partner-dominant": {"ties": 4, "share": 0.5, "share_clear": 0.45},
    "channel-dominant": {"days": 90, "inputs": 50, "inputs_clear": 40, "share": 0.9, "share_clear": 0.85},
    "ratings-burst": {
        "days": 14, "usual_days": 84, "known_days": 28, "ratings": 20, "ratings_clear": 15, "times": 5,
        "times_clear": 4, "chance": 1e-6, "chance_clear": 1e-4,
    },
    "ratings-alike": {
        "days": 14, "usual_days": 320, "usual_ratings": 30, "ratings": 15, "ratings_clear": 12, "share": 0.9,
        "share_clear": 0.85, "chance": 1e-6, "chance_clear": 1e-4,
    },
    "events-silent": {
        "usual_days": 336, "active_days": 10, "silent_days": 14, "silent_days_clear": 7, "pauses": 1.5,
        "chance": 1e-4, "chance_clear": 1e-3,
    },
}  # fmt: skip
"""By rule, under the names that `/v1/alert-rules` gives them."""


class Verdict(StrEnum):
    """How an alert must stand. Between its bounds it may have been raised before, or not: either is right."""

    OPEN = "open"
    CLOSED = "not open"
    EITHER = "either"


class Look(NamedTuple):
    """What is known of a service at the end of a day: its own buckets, its score now and before, and its ties.

    A tie is a partnership and a partner. `offered`: it is one that should not be silent. `told` are inputs whose
    channel is known, `of_channel` those by the most frequent one.
    """

    as_of: date
    own: Tally
    now: Score
    before: Score
    ties: Collection[tuple[str, str]]
    offered: bool
    told: int = 0
    of_channel: int = 0


BEFORE = timedelta(BOUNDS["score-dropped"]["days"])


def judge(look: Look) -> dict[str, Verdict]:
    """How the alert of each rule must stand."""
    return {rule: judge_by(look, BOUNDS[rule]) for rule, judge_by in _JUDGE.items()}


def _verdict(*, enough: bool, eased: bool) -> Verdict:
    return Verdict.OPEN if enough else Verdict.CLOSED if eased else Verdict.EITHER


def _any_day(days: Sequence[tuple[bool, bool]]) -> Verdict:
    """Of days that are judged one by one: each is enough, or has eased, or neither."""
    return _verdict(enough=any(enough for enough, _ in days), eased=all(eased for _, eased in days))


def _score_dropped(look: Look, b: Bounds) -> Verdict:
    falls = []
    for before, now in _pairs(look):
        points = before.score - now.score
        falls.append((points, points / max(math.hypot(before.sd, now.sd), b["least_deviation"])))
    return _verdict(
        enough=any(points > b["points"] + BLUR and sds > b["deviations"] + BLUR for points, sds in falls),
        eased=all(points < b["points_clear"] - BLUR or sds < b["deviations_clear"] - BLUR for points, sds in falls),
    )


def _pairs(look: Look) -> Iterator[tuple[Figure, Figure]]:
    figures = [(look.before.public_value, look.now.public_value)]
    figures += [(look.before.dimensions[name][0], look.now.dimensions[name][0]) for name in DIMENSIONS]
    return ((before, now) for before, now in figures if before is not None and now is not None)


def _participation_biased(look: Look, b: Bounds) -> Verdict:
    inputs, _, estimate = look.now.measured["representativeness"]
    if estimate is None or inputs < b["inputs_clear"]:
        return Verdict.CLOSED
    high = min(1, estimate.value + Z * estimate.sd)
    return _verdict(enough=inputs >= b["inputs"] and high < b["high"] - BLUR, eased=high > b["high_clear"] + BLUR)


def _input_unanswered(look: Look, b: Bounds) -> Verdict:
    due, answered = look.own.between("answered", look.as_of - timedelta(b["days"] - 1), look.as_of)
    if due < b["due_clear"]:
        return Verdict.CLOSED
    missed = (due - answered) / due
    return _verdict(
        enough=due >= b["due"] and _deviations_above(missed, b["low"], due) > Z + BLUR,
        eased=_deviations_above(missed, b["low_clear"], due) < Z - BLUR,
    )


def _deviations_above(share: float, bound: float, n: int) -> float:
    """By how many standard deviations a share lies above a bound, were the bound the true share.

    Wilson's interval holds the bounds for which that is at most Z.
    """
    return (share - bound) / math.sqrt(bound * (1 - bound) / n)


def _partner_dominant(look: Look, b: Bounds) -> Verdict:
    ties = Counter(partner for _, partner in set(look.ties))
    if ties.total() < b["ties"]:
        return Verdict.CLOSED
    share = max(ties.values()) / ties.total()
    return _verdict(enough=share > b["share"], eased=share <= b["share_clear"])


def _channel_dominant(look: Look, b: Bounds) -> Verdict:
    if look.told < b["inputs_clear"]:
        return Verdict.CLOSED
    share = look.of_channel / look.told
    return _verdict(enough=look.told >= b["inputs"] and share > b["share"], eased=share <= b["share_clear"])


def _ratings_burst(look: Look, b: Bounds) -> Verdict:
    events, ratings = look.own.by_day("events"), look.own.by_day("rating")
    days = []
    for day in _last_days(look, b):
        if events and (day - min(events)).days >= b["known_days"]:
            number, usual = sum(ratings.get(day, {}).values()), _before(ratings, day, b).total()
            mean = (usual + 0.5) / b["usual_days"]
            # The tail of a negative binomial count of shape usual + 1/2 and that mean.
            chance = betainc(number, usual + 0.5, 1 / (b["usual_days"] + 1)) if number > mean else 1
            enough = number >= b["ratings"] and number >= b["times"] * mean and chance < b["chance"] * (1 - BLUR)
            held = number >= b["ratings_clear"] and number >= b["times_clear"] * mean
            days.append((enough, not held or chance > b["chance_clear"] * (1 + BLUR)))
    return _any_day(days)


def _ratings_alike(look: Look, b: Bounds) -> Verdict:
    ratings = look.own.by_day("rating")
    days = []
    for day in _last_days(look, b):
        values, usual = ratings.get(day, {}), _before(ratings, day, b)
        number, known = sum(values.values()), usual.total()
        if number >= b["ratings_clear"] and known >= b["usual_ratings"]:
            value = min(values, key=lambda each: (-values[each], each))
            share, usual_share = values[value] / number, (usual[value] + 1) / (known + 5)
            chance = betainc(values[value], number - values[value] + 1, usual_share)
            enough = number >= b["ratings"] and share >= b["share"] and chance < b["chance"] * (1 - BLUR)
            days.append((enough, share < b["share_clear"] or chance > b["chance_clear"] * (1 + BLUR)))
    return _any_day(days)


def _last_days(look: Look, b: Bounds) -> list[date]:
    return [look.as_of - timedelta(ago) for ago in range(int(b["days"]))]


def _before(ratings: Mapping[date, Mapping[int, int]], day: date, b: Bounds) -> Counter[int]:
    """The ratings by value of the usual days before a day."""
    found: Counter[int] = Counter()
    for each, values in ratings.items():
        if 1 <= (day - each).days <= b["usual_days"]:
            found.update(values)
    return found


def _events_silent(look: Look, b: Bounds) -> Verdict:
    days = sorted(day for day in look.own.by_day("events") if 0 <= (look.as_of - day).days < b["usual_days"])
    if not look.offered or len(days) < b["active_days"]:
        return Verdict.CLOSED
    silent, span = (look.as_of - days[-1]).days, (days[-1] - days[0]).days + 1
    longest = max((after - before).days - 1 for before, after in pairwise(days))
    chance = (1 - (len(days) + 0.5) / (span + 1)) ** silent
    enough = silent >= b["silent_days"] and silent > b["pauses"] * longest and chance < b["chance"] * (1 - BLUR)
    held = silent >= b["silent_days_clear"] and silent > longest
    return _verdict(enough=enough, eased=not held or chance > b["chance_clear"] * (1 + BLUR))


_JUDGE: Mapping[str, Callable[[Look, Bounds], Verdict]] = {
    "score-dropped": _score_dropped,
    "participation-biased": _participation_biased,
    "input-unanswered": _input_unanswered,
    "partner-dominant": _partner_dominant,
    "channel-dominant": _channel_dominant,
    "ratings-burst": _ratings_burst,
    "ratings-alike": _ratings_alike,
    "events-silent": _events_silent,
}
