"""What a report says, worked out and written in words: the page and the PDF only set it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple

import msgspec

from services.metrics.homes.home import Home
from services.metrics.reports.words import NONE, Words
from services.metrics.scores.assessment import Assessment, IndicatorScore
from services.metrics.scores.days import Period
from services.metrics.scores.points import Points
from services.metrics.scores.rankings import Ranked, rank
from shared.text import clean_line

PUBLIC_VALUE = "public_value"
MOST_CHANGES = 10
MOST_DRAWN = 30
EXTREMES = 3


class Facts(NamedTuple):
    """What a report is made from: services at the end of the period and before it, events in it, the city over time."""

    home: Home
    period: Period
    first: date
    last: date
    now: Sequence[Assessment]
    before: Mapping[str, Assessment]
    events: Mapping[str, int]
    names: Mapping[str, str | None]
    city: Sequence[Assessment]


class Dot(msgspec.Struct, frozen=True):
    """A score to be drawn."""

    name: str
    score: float
    low: float
    high: float


class Moment(msgspec.Struct, frozen=True):
    """One of the city's scores on a day, to be drawn."""

    day: str
    name: str
    score: float
    low: float
    high: float


class Table(msgspec.Struct, frozen=True):
    """Rows of text below their headings; the first `words` columns are words, the others figures."""

    caption: str
    headings: list[str]
    rows: list[list[str]]
    words: int = 1


class Report(msgspec.Struct, frozen=True):
    """All of it, as text."""

    language: str
    city: str
    claim: str
    text_colour: str
    background: str
    period: str
    summary: list[str]
    scorecard: str
    city_scores: Table
    over_time: Table
    changes: Table | None
    ranking: Table | None
    highest: list[str]
    lowest: list[str]
    rests: Table
    words: dict[str, str]
    dots: list[Dot]
    moments: list[Moment]
    dots_alt: str
    moments_alt: str
    epoch: int


Format = Literal["html", "pdf", "png"]


class Order(msgspec.Struct, frozen=True):
    """A report, and whether it is wanted as `html` or as `pdf` (`png`: the PDF's first page, to look at)."""

    format: Format
    report: Report


def report(facts: Facts, words: Words) -> Report:
    """The report; the same for the same facts."""
    home, city = facts.home, facts.city[-1]
    names = _names(facts)
    places = rank([(each.service_id, each.public_value) for each in facts.now])
    changes = _changes(facts, names, words)
    clear = sum(each.clear for each in changes)
    ranked = [each for each in places if each.points is not None]
    few = min(EXTREMES, len(ranked) // 2)
    dots = _dots(ranked, names)
    moments = _moments(facts.city, words)
    held = facts.city[0].public_value, city.public_value
    return Report(
        language=words.language,
        city=home.name,
        claim=clean_line(home.claims.get(words.language, "")),
        text_colour=home.colours.text,
        background=home.colours.background,
        period=words(
            "%(first)s to %(last)s", first=words.day(facts.first), last=words.day(facts.last)
        ),
        summary=[
            words("The city's public value is %(score)s.", score=words.points(held[1]))
            if held[1]
            else words("There is too little evidence for the city's public value."),
            words(
                "%(ranked)s of %(all)s services have a score; %(clear)s of them changed clearly in the period.",
                ranked=words.number(len(ranked)), all=words.number(len(facts.now)), clear=words.number(clear),
            ),
            words("In the period there were %(events)s events.", events=words.number(sum(facts.events.values()))),
        ],
        scorecard=f"{words(city.scorecard.name)} ({city.scorecard.label})",
        city_scores=_city(facts, words),
        over_time=_over_time(facts.city, words),
        changes=_change_table(changes, words) if changes else None,
        ranking=_ranking(facts, places, names, words) if places else None,
        highest=[_extreme(each, names, words) for each in ranked[:few]],
        lowest=[_extreme(each, names, words) for each in ranked[::-1][:few]],
        rests=_rests(city.indicators, words),
        words=words.all,
        dots=dots,
        moments=moments,
        dots_alt=_dots_alt(dots, words),
        moments_alt=words(
            "Lines of the city's scores on %(count)s days, each with its interval; all figures are in the table.",
            count=words.number(len(facts.city)),
        ),
        epoch=(facts.last.toordinal() - date(1970, 1, 1).toordinal()) * 86_400,
    )  # fmt: skip


def _names(facts: Facts) -> dict[str, str]:
    """Each service by a name of its own: with its id where two are called the same."""
    plain = {each.service_id: clean_line(facts.names.get(each.service_id) or "") or each.service_id
             for each in facts.now}  # fmt: skip
    held = list(plain.values())
    return {id: f"{name} ({id})" if held.count(name) > 1 else name for id, name in plain.items()}


def _figures(assessment: Assessment) -> dict[str, Points | None]:
    return {PUBLIC_VALUE: assessment.public_value} | {name: each.points for name, each in assessment.dimensions.items()}


def _city(facts: Facts, words: Words) -> Table:
    city, before = facts.city[-1], facts.city[-2]
    rows = []
    for name, points in _figures(city).items():
        coverage = words.share(city.dimensions[name].coverage) if name in city.dimensions else ""
        rows.append(
            [words.all[name], words.points(points), words.points(_figures(before)[name]),
             _difference(points, _figures(before)[name], words), coverage]
        )  # fmt: skip
    headings = [words.all[name] for name in ("dimension", "now", "before", "change", "coverage")]
    return Table(words.all["scores"], headings, rows)


def _difference(now: Points | None, before: Points | None, words: Words) -> str:
    return NONE if now is None or before is None else words.signed(now.score - before.score)


def _over_time(city: Sequence[Assessment], words: Words) -> Table:
    names = list(_figures(city[-1]))
    rows = [[words.day(each.as_of), *(words.points(_figures(each)[name]) for name in names)] for each in city]
    return Table(words.all["over_time"], [words.all["day"], *(words.all[name] for name in names)], rows)


class Change(NamedTuple):
    """A service's public value before and now."""

    name: str
    before: Points
    now: Points

    @property
    def clear(self) -> bool:
        """Whether the intervals do not touch."""
        return self.before.high < self.now.low or self.now.high < self.before.low


def _changes(facts: Facts, names: Mapping[str, str], words: Words) -> list[Change]:
    """Those that can be compared; the clear ones first, then by size."""
    found = []
    for each in facts.now:
        then = facts.before.get(each.service_id)
        if each.public_value is not None and then is not None and then.public_value is not None:
            found.append(Change(names[each.service_id], then.public_value, each.public_value))
    return sorted(found, key=lambda each: (not each.clear, -abs(each.now.score - each.before.score), each.name))


def _change_table(changes: Sequence[Change], words: Words) -> Table:
    rows = [
        [each.name, words.all["clear" if each.clear else "unclear"], words.points(each.before), words.points(each.now),
         words.signed(each.now.score - each.before.score)]
        for each in changes[:MOST_CHANGES]
    ]  # fmt: skip
    headings = [words.all[name] for name in ("service", "verdict", "before", "now", "change")]
    return Table(words.all["changed"], headings, rows, words=2)


def _ranking(facts: Facts, places: Sequence[Ranked], names: Mapping[str, str], words: Words) -> Table:
    assessments = {each.service_id: each for each in facts.now}
    rows = []
    for place in places:
        figures = _figures(assessments[place.service_id])
        rows.append(
            [names[place.service_id], _rank(place, words), *(words.points(each) for each in figures.values()),
             words.number(facts.events.get(place.service_id, 0))]
        )  # fmt: skip
    columns = [words.all[name] for name in _figures(facts.now[0])]
    headings = [words.all["service"], words.all["rank"], *columns, words.all["events"]]
    return Table(words.all["ranking"], headings, rows)


def _rank(place: Ranked, words: Words) -> str:
    if place.rank is None:
        return NONE
    tied = f", {words.all['tied']}" if place.tied else ""
    return f"{place.rank} ({place.best}–{place.worst}){tied}"


def _extreme(place: Ranked, names: Mapping[str, str], words: Words) -> str:
    return f"{names[place.service_id]}: {words.points(place.points)}, {words.all['rank'].lower()} {_rank(place, words)}"


def _rests(indicators: Sequence[IndicatorScore], words: Words) -> Table:
    rows = []
    for one in indicators:
        definition, estimate = one.indicator, one.measured.estimate
        rows.append(
            [words(definition.name), words.all[definition.dimension], words(definition.unit),
             words.all["absent"] if estimate is None else words.short(estimate.value),
             words.short(definition.target), words.points(one.points),
             words.number(one.measured.n)]
        )  # fmt: skip
    headings = [
        words.all[name] for name in ("indicator", "dimension", "unit", "value", "target", "points", "observations")
    ]
    return Table(words.all["rests"], headings, rows, words=3)


def _dots(ranked: Sequence[Ranked], names: Mapping[str, str]) -> list[Dot]:
    """Of very many services the highest and the lowest."""
    half = MOST_DRAWN // 2
    drawn = ranked if len(ranked) <= MOST_DRAWN else [*ranked[:half], *ranked[-half:]]
    return [Dot(names[each.service_id], *map(_drawn, each.points[:3])) for each in drawn if each.points is not None]


def _dots_alt(dots: Sequence[Dot], words: Words) -> str:
    if not dots:
        return ""
    return words(
        "Public value of %(count)s services with intervals, from %(best)s (%(high)s) to %(worst)s (%(low)s); all "
        "figures are in the table.",
        count=words.number(len(dots)), best=dots[0].name, high=words.number(dots[0].score), worst=dots[-1].name,
        low=words.number(dots[-1].score),
    )  # fmt: skip


def _moments(city: Sequence[Assessment], words: Words) -> list[Moment]:
    return [
        Moment(each.as_of.isoformat(), words.all[name], *map(_drawn, points[:3]))
        for each in city
        for name, points in _figures(each).items()
        if points is not None
    ]


def _drawn(figure: float) -> float:
    return round(figure, 2) + 0.0
