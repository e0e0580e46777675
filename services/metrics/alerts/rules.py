"""The rules: each a pure function of what is known of a service (docs/alerts.md). Thresholds stand here and nowhere
else.

A rule has a bound at which its alert is raised and a laxer one at which it is cleared, so that figures that waver
between the two change nothing. Too little evidence raises nothing, and clears.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from services.metrics.alerts.look import BEFORE_DAYS, Look
from services.metrics.alerts.tails import count_tail, lowest_share, share_tail
from services.metrics.channels.tally import DAYS
from services.metrics.scores.estimates import Z
from services.metrics.scores.indicators import Prior, measure
from services.metrics.scores.points import Points
from services.metrics.scores.scorecard import DEFAULT, Representativeness, scorecards
from services.metrics.scores.weighing import Standing

Evidence = Mapping[str, int | float | str]
Thresholds = Mapping[str, int | float]


class Verdict(StrEnum):
    """What evidence says: raise, clear, leave as it is, or clear because there is too little of it."""

    RAISE = "raise"
    KEEP = "keep"
    CLEAR = "clear"
    THIN = "thin"


class Finding(NamedTuple):
    """A verdict and the figures that it rests on."""

    verdict: Verdict
    evidence: Evidence


class Rule(NamedTuple):
    """What a rule is called, what it looks for, by which thresholds, and how often it is wrong by chance alone."""

    id: str
    name: str
    description: str
    false_alarms: str
    thresholds: Thresholds
    judge: Callable[[Look, Thresholds], Finding]
    words: str

    def find(self, look: Look) -> Finding:
        """What the rule says of a service."""
        return self.judge(look, self.thresholds)

    def say(self, evidence: Evidence) -> str:
        """Evidence in words: three digits of each figure will do."""
        told = {name: f"{figure:.3g}" if isinstance(figure, float) else figure for name, figure in evidence.items()}
        return self.words.format_map(_Absent(told))


class _Absent(dict[str, int | float | str]):
    """Figures for words; what is not known is said so."""

    def __missing__(self, key: str) -> str:
        return "?"


def _thin(**evidence: int | float | str) -> Finding:
    return Finding(Verdict.THIN, evidence)


def _found(evidence: Evidence, *, raised: bool, cleared: bool) -> Finding:
    verdict = Verdict.RAISE if raised else Verdict.CLEAR if cleared else Verdict.KEEP
    return Finding(verdict, evidence)


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()


class _Drop(NamedTuple):
    """How far a figure fell, in points and in standard deviations of the difference."""

    deviations: float
    points: float
    figure: str
    before: Points
    now: Points


def _score_dropped(look: Look, t: Thresholds) -> Finding:
    drops = list(_drops(look, t))
    if not drops:
        return _thin(compared_with=look.before.as_of.isoformat())
    worst = max(drops, key=lambda drop: (drop.points >= t["points"], drop.deviations, drop.figure))
    evidence: Evidence = {
        "figure": worst.figure, "score": worst.now.score, "low": worst.now.low, "high": worst.now.high,
        "score_before": worst.before.score, "low_before": worst.before.low, "high_before": worst.before.high,
        "compared_with": look.before.as_of.isoformat(), "points": worst.points, "deviations": worst.deviations,
    }  # fmt: skip
    return _found(
        evidence,
        raised=any(drop.points >= t["points"] and drop.deviations >= t["deviations"] for drop in drops),
        cleared=all(drop.points < t["points_clear"] or drop.deviations < t["deviations_clear"] for drop in drops),
    )


def _drops(look: Look, t: Thresholds) -> Iterator[_Drop]:
    for figure in ("public_value", *sorted(look.now.dimensions)):
        before, now = look.before.figure(figure), look.now.figure(figure)
        if before is not None and now is not None:
            points = before.score - now.score
            spread = max(math.hypot(before.sd, now.sd), t["least_deviation"])
            yield _Drop(points / spread, points, figure, before, now)


_REPRESENTATIVENESS = next(each for each in scorecards()[DEFAULT].indicators if isinstance(each, Representativeness))


def _participation_biased(look: Look, t: Thresholds) -> Finding:
    measured = measure(_REPRESENTATIVENESS, look.service, look.jurisdiction, Prior(), Standing(look.day))
    if measured.estimate is None or measured.n < t["inputs_clear"]:
        return _thin(inputs=measured.n)
    value, reach = measured.estimate.value, Z * measured.estimate.sd
    high = min(value + reach, 1.0)
    evidence: Evidence = {"inputs": measured.n, "value": value, "low": max(value - reach, 0.0), "high": high}
    return _found(
        evidence,
        raised=measured.n >= t["inputs"] and high < t["high"],
        cleared=high >= t["high_clear"],
    )


def _input_unanswered(look: Look, t: Thresholds) -> Finding:
    first = look.day - int(t["days"]) + 1
    due, in_time = look.service.buckets.within("answered", first, look.day)
    missed = min(max(due - in_time, 0), max(due, 0))
    if due < t["due_clear"]:
        return _thin(due=max(due, 0), unanswered=missed)
    low = lowest_share(missed, due)
    evidence: Evidence = {"due": due, "unanswered": missed, "share": missed / due, "low": low, "since": _day(first)}
    return _found(evidence, raised=due >= t["due"] and low > t["low"], cleared=low < t["low_clear"])


def _partner_dominant(look: Look, t: Thresholds) -> Finding:
    ties = set(look.ties)
    if len(ties) < t["ties"]:
        return _thin(ties=len(ties))
    by_partner = Counter(tie.partner_id for tie in ties)
    partner, most = min(by_partner.items(), key=lambda item: (-item[1], item[0]))
    share = most / len(ties)
    evidence: Evidence = {"ties": len(ties), "partner_id": partner, "ties_of_partner": most, "share": share}
    return _found(evidence, raised=share > t["share"], cleared=share <= t["share_clear"])


def _channel_dominant(look: Look, t: Thresholds) -> Finding:
    use = look.channels
    if use.told < t["inputs_clear"]:
        return _thin(inputs=use.told, untold=use.untold)
    share = use.of_channel / use.told
    evidence: dict[str, int | float | str] = {
        "inputs": use.told, "of_channel": use.of_channel, "share": share, "untold": use.untold,
    }  # fmt: skip
    if share > 0.5:  # what fewer say may be anything
        evidence["channel"] = use.channel
    raised = use.told >= t["inputs"] and share > t["share"]
    return _found(evidence, raised=raised, cleared=share <= t["share_clear"])


class _OnDay(NamedTuple):
    """What one day's ratings are against the usual ones; `enough` to raise, `held`: an open alert stays."""

    chance: float
    day: int
    evidence: Evidence
    enough: bool
    held: bool


def _worst_day(days: list[_OnDay], nothing: Evidence) -> Finding:
    """Judged by the days one by one: any may raise, none may be left that holds."""
    if not days:
        return Finding(Verdict.THIN, nothing)
    worst = min(days, key=lambda each: (not each.enough, not each.held, each.chance, -each.day))
    return _found(
        {**worst.evidence, "chance": float(f"{worst.chance:.3g}")},
        raised=any(each.enough for each in days),
        cleared=not any(each.held for each in days),
    )


def _ratings_burst(look: Look, t: Thresholds) -> Finding:
    by_day = {day: sum(bins.values()) for day, bins in look.by_day("rating").items()}
    events = look.series("events")
    known_since = 0 if any(events.earlier.values()) else int(events.days.min(initial=look.day))
    first, usual_days = look.day - int(t["days"]) + 1, int(t["usual_days"])
    days = []
    for day in range(max(first, known_since + int(t["known_days"])), look.day + 1):
        count = by_day.get(day, 0)
        usual = sum(n for each, n in by_day.items() if day - usual_days <= each < day)
        times, chance = count * usual_days / (usual + 0.5), count_tail(count, usual, usual_days)
        evidence: Evidence = {"day": _day(day), "ratings": count, "usual_ratings": usual, "usual_days": usual_days}
        enough = count >= t["ratings"] and times >= t["times"] and chance < t["chance"]
        held = count >= t["ratings_clear"] and times >= t["times_clear"] and chance < t["chance_clear"]
        days.append(_OnDay(chance, day, evidence, enough, held))
    return _worst_day(days, {"known_since": _day(known_since)} if known_since else {})


def _ratings_alike(look: Look, t: Thresholds) -> Finding:
    by_day = look.by_day("rating")
    first, usual_days = look.day - int(t["days"]) + 1, int(t["usual_days"])
    days = []
    for day in (each for each in sorted(by_day) if first <= each):
        bins, number = by_day[day], sum(by_day[day].values())
        usual = Counter[int]()
        for each, of_day in by_day.items():
            if day - usual_days <= each < day:
                usual.update(of_day)
        if number < t["ratings_clear"] or usual.total() < t["usual_ratings"]:
            continue
        value, same = min(bins.items(), key=lambda item: (-item[1], item[0]))
        usual_share = (usual[value] + 1) / (usual.total() + 5)
        chance, share = share_tail(same, number, usual_share), same / number
        evidence: Evidence = {
            "day": _day(day), "ratings": number, "value": value, "of_value": same, "share": share,
            "usual_share": usual_share, "usual_ratings": usual.total(),
        }  # fmt: skip
        enough = number >= t["ratings"] and share >= t["share"] and chance < t["chance"]
        held = share >= t["share_clear"] and chance < t["chance_clear"]
        days.append(_OnDay(chance, day, evidence, enough, held))
    return _worst_day(days, {"since": _day(first)})


def _events_silent(look: Look, t: Thresholds) -> Finding:
    active = [day for day in sorted(look.by_day("events")) if day > look.day - t["usual_days"]]
    if not look.running or not active:
        return _thin(running=str(look.running).lower(), active_days=len(active))
    last = active[-1]
    span, silent = last - active[0] + 1, look.day - last
    longest = max((after - before - 1 for before, after in pairwise(active)), default=0)
    if len(active) < t["active_days"]:
        return _thin(last_event=_day(last), active_days=len(active))
    chance = (1 - (len(active) + 0.5) / (span + 1)) ** silent
    evidence: Evidence = {
        "last_event": _day(last), "silent_days": silent, "active_days": len(active), "of_days": span,
        "longest_pause": longest, "chance": float(f"{chance:.3g}"),
    }  # fmt: skip
    longer = silent > t["pauses"] * longest
    return _found(
        evidence,
        raised=silent >= t["silent_days"] and longer and chance < t["chance"],
        cleared=silent < t["silent_days_clear"] or chance >= t["chance_clear"] or silent <= longest,
    )


RULES = {
    rule.id: rule
    for rule in (
        Rule(
            "score-dropped",
            "Score dropped",
            "Public value or a dimension is lower than 28 days before, by more than both intervals explain.",
            "At most 0.14 % of comparisons for each of four figures, where nothing has changed; fewer in fact, for the "
            "two scores share most of their observations.",
            {
                "days": BEFORE_DAYS, "points": 5.0, "points_clear": 2.5, "deviations": 3.0, "deviations_clear": 2.0,
                "least_deviation": 0.5,
            },
            _score_dropped,
            "{figure} is {score} ({low} to {high}); on {compared_with} it was {score_before} ({low_before} to "
            "{high_before}). It fell by {points} points, {deviations} standard deviations of the difference.",
        ),
        Rule(
            "participation-biased",
            "Participation biased",
            "Input comes from some districts far more than from others, relative to who lives there.",
            "5 % where representativeness is just at the bound; next to none where input follows population.",
            {"inputs": 50, "inputs_clear": 40, "high": 0.7, "high_clear": 0.75},
            _participation_biased,
            "Of {inputs} inputs in twelve months, representativeness is {value} (90 % interval {low} to {high}): the "
            "rest would have to come from other districts.",
        ),
        Rule(
            "input-unanswered",
            "Input unanswered",
            "Of the requests whose answer was due, more than half had none by then.",
            "About 5 % where exactly half are unanswered; below 0.1 % where three in ten are.",
            {"days": 90, "due": 20, "due_clear": 15, "low": 0.5, "low_clear": 0.4},
            _input_unanswered,
            "Since {since}, {unanswered} of {due} requests whose answer was due had none by then: {share}, and with "
            "95 % confidence more than {low}.",
        ),
        Rule(
            "partner-dominant",
            "One partner in most ties",
            "One partner is in more than half of the service's ties: partnerships in force, by partner, the service's "
            "own organisation aside.",
            "None by chance: ties are counted, not estimated.",
            {"ties": 4, "share": 0.5, "share_clear": 0.45},
            _partner_dominant,
            "{partner_id} is in {ties_of_partner} of the service's {ties} ties: {share} of them.",
        ),
        Rule(
            "channel-dominant",
            "One channel for nearly all",
            "Nearly all input of the last 90 days came by one channel: whoever cannot use it is not heard.",
            "None by chance: inputs are counted, not estimated.",
            {"days": DAYS, "inputs": 50, "inputs_clear": 40, "share": 0.9, "share_clear": 0.85},
            _channel_dominant,
            "Of {inputs} inputs in 90 days whose channel is known, {of_channel} came by the most frequent one, "
            "{channel}: {share} of them. Of {untold} more, it is not known.",
        ),
        Rule(
            "ratings-burst",
            "Burst of ratings",
            "On one day there were far more ratings than usual: a campaign, or somebody who games the score.",
            "0.0001 % of days where ratings come independently of each other (Poisson). Events that move many people "
            "at once raise it as well.",
            {
                "days": 14, "usual_days": 84, "known_days": 28, "ratings": 20, "ratings_clear": 15, "times": 5.0,
                "times_clear": 4.0, "chance": 1e-6, "chance_clear": 1e-4,
            },
            _ratings_burst,
            "On {day} there were {ratings} ratings; in the {usual_days} days before, {usual_ratings} altogether. The "
            "chance of so many is {chance}.",
        ),
        Rule(
            "ratings-alike",
            "Ratings of one value",
            "On one day nearly all ratings had the same value, which is unusual for the service.",
            "At most 0.0005 % of days with 15 or more ratings, where people rate independently of each other and as "
            "before.",
            {
                "days": 14, "usual_days": 320, "usual_ratings": 30, "ratings": 15, "ratings_clear": 12, "share": 0.9,
                "share_clear": 0.85, "chance": 1e-6, "chance_clear": 1e-4,
            },
            _ratings_alike,
            "On {day}, {of_value} of {ratings} ratings had the value {value}; of {usual_ratings} before, the share of "
            "that value was {usual_share}. The chance of so many is {chance}.",
        ),
        Rule(
            "events-silent",
            "No event for long",
            "Nothing happened in the service for longer than its own usual rate and its longest pause explain.",
            "0.01 % of looks where days with events come independently of each other; seasonal services are silent for "
            "good reasons until a year of them is known.",
            {
                "usual_days": 336, "active_days": 10, "silent_days": 14, "silent_days_clear": 7, "pauses": 1.5,
                "chance": 1e-4, "chance_clear": 1e-3,
            },
            _events_silent,
            "The last event was on {last_event}, {silent_days} days ago. Before, there were events on {active_days} of "
            "{of_days} days, and the longest pause was {longest_pause} days. The chance of such a silence is {chance}.",
        ),
    )
}  # fmt: skip
"""All of them, by id."""
