"""The score model, written from docs/scores.md (sections 2 to 4) and from nothing else."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

Z = 1.6448536269514722
WINDOW_HALF_LIVES = 6
MONTHS = 12
LEAST_INPUTS = 20
LEAST_COVERAGE = 0.5
GAMMA = 101 / 99
RESOLVED, DECLINED = 0, 1
WITH_DUE_TIME = 1
TOLD_DAYS = 550
PAST_DAYS = 365


class Line(NamedTuple):
    """A line of the default scorecard (section 4)."""

    dimension: str
    weight: float
    half_life: int
    strength: float
    floor: float
    target: float
    optional: bool = False


SCORECARD = "default.v3"
DIMENSIONS = {"effectiveness": 1.0, "efficiency": 1.0, "legitimacy": 1.0}
LINES = {
    "resolution-rate": Line("effectiveness", 3, 90, 20, 0.5, 0.95),
    "first-time-fix": Line("effectiveness", 2, 90, 20, 0.5, 0.95),
    "satisfaction": Line("effectiveness", 3, 90, 20, 1, 4.5),
    "goal-attainment": Line("effectiveness", 2, 0, 0, 0, 1, optional=True),
    "on-time": Line("efficiency", 3, 90, 20, 0.5, 0.95),
    "resolution-time": Line("efficiency", 2, 90, 0, 3, 1),
    "first-answer-time": Line("efficiency", 2, 90, 0, 3, 1),
    "backlog-age": Line("efficiency", 2, 0, 20, 0.5, 0.05),
    "cost-per-case": Line("efficiency", 2, 0, 0, 2, 1, optional=True),
    "participation": Line("legitimacy", 2, 0, 0, 0, 5),
    "representativeness": Line("legitimacy", 2, 0, 0, 0.5, 0.95),
    "answered": Line("legitimacy", 3, 90, 20, 0.5, 0.95),
    "decided": Line("legitimacy", 2, 90, 20, 0.5, 0.95, optional=True),
    "co-production": Line("legitimacy", 1, 90, 20, 0.3, 0.8, optional=True),
    "contributed-hours": Line("legitimacy", 1, 0, 0, 0, 10, optional=True),
}


class Tally:
    """Buckets of one service or jurisdiction: (day, count, total) by measure and bin. Sums are remembered."""

    def __init__(self) -> None:
        self._rows: defaultdict[str, defaultdict[int, list[tuple[date, int, int]]]]
        self._rows = defaultdict(lambda: defaultdict(list))
        self._sums: dict[tuple[object, ...], float] = {}

    def add(self, measure: str, bin_: int, day: date, count: int, total: int) -> None:
        self._rows[measure][bin_].append((day, count, total))
        self._sums.clear()

    def bins(self, measure: str) -> list[int]:
        return sorted(self._rows.get(measure, ()))

    def plain(self, measure: str, as_of: date, bins: Iterable[int] | None = None) -> int:
        """Σ count over all days up to `as_of`."""
        return sum(count for day, count, _ in self._of(measure, bins) if day <= as_of)

    def between(self, measure: str, first: date, last: date) -> tuple[int, int]:
        """Σ count and Σ total over the days from `first` to `last`."""
        rows = [(count, total) for day, count, total in self._of(measure, None) if first <= day <= last]
        return sum(count for count, _ in rows), sum(total for _, total in rows)

    def by_day(self, measure: str) -> dict[date, dict[int, int]]:
        """Σ count by day and bin, of days with any."""
        found: defaultdict[date, dict[int, int]] = defaultdict(dict)
        for bin_ in self.bins(measure):
            for day, count, _ in self._of(measure, (bin_,)):
                if count > 0:
                    found[day][bin_] = found[day].get(bin_, 0) + count
        return dict(found)

    def faded(self, measure: str, as_of: date, half_life: int, bins: tuple[int, ...] | None = None) -> float:
        """Σ w·count over the window."""
        weighed = (_weight(as_of, day, half_life) * count for day, count, _ in self._of(measure, bins))
        return self._remember(("counts", measure, as_of, half_life, bins), weighed)

    def faded_total(self, measure: str, as_of: date, half_life: int) -> float:
        """Σ w·total over the window."""
        weighed = (_weight(as_of, day, half_life) * total for day, _, total in self._of(measure, None))
        return self._remember(("totals", measure, as_of, half_life), weighed)

    def _remember(self, key: tuple[object, ...], weighed: Iterable[float]) -> float:
        if key not in self._sums:
            self._sums[key] = math.fsum(weighed)
        return self._sums[key]

    def _of(self, measure: str, bins: Iterable[int] | None) -> Iterator[tuple[date, int, int]]:
        rows: Mapping[int, list[tuple[date, int, int]]] = self._rows.get(measure, {})
        for bin_ in rows if bins is None else bins:
            yield from rows.get(bin_, ())


def _weight(as_of: date, day: date, half_life: int) -> float:
    age = (as_of - day).days
    return 2 ** (-age / half_life) if 0 <= age <= WINDOW_HALF_LIVES * half_life else 0.0


class People(NamedTuple):
    """Distinct contributors of twelve months, with the sketch's bounds at two standard deviations."""

    estimate: float
    low: float
    high: float


NOBODY = People(0, 0, 0)


@dataclass(frozen=True)
class Case:
    """All that the score of one service on one day depends on. Targets in seconds; populations in inhabitants.

    `inputs` and `districts` are by district: the inputs of twelve months, and the population where it is known.
    `objectives` and `reports` are the states that name the service, as the catalogue's topic tells them.
    """

    as_of: date
    own: Tally
    all: Tally
    resolution_target: int | None = None
    first_answer_target: int | None = None
    people: People = NOBODY
    population: int | None = None
    inputs: Mapping[str, int] = field(default_factory=dict)
    districts: Mapping[str, int] = field(default_factory=dict)
    objectives: Sequence[Mapping[str, Any]] = ()
    reports: Sequence[Mapping[str, Any]] = ()


class Estimate(NamedTuple):
    """A value with its standard deviation, and the value without the prior."""

    value: float
    sd: float
    observed: float


class Measured(NamedTuple):
    """An indicator: `n` observations of all time, `effective_n` of them left; no estimate without evidence."""

    n: int
    effective_n: float
    estimate: Estimate | None = None


class Figure(NamedTuple):
    """Points with their 90 % interval and standard deviation."""

    score: float
    low: float
    high: float
    sd: float


class Score(NamedTuple):
    """What section 3 makes of the indicators. A dimension is (figure, coverage)."""

    measured: dict[str, Measured]
    points: dict[str, Figure | None]
    contributions: dict[str, float]
    dimensions: dict[str, tuple[Figure | None, float]]
    public_value: Figure | None
    events: int


def score(case: Case) -> Score:
    """The score of a service by the default scorecard."""
    measured = {name: _MEASURE[name](case, line) for name, line in LINES.items() if name in _MEASURE}
    measured["goal-attainment"] = _goal_attainment(case, measured)
    measured = {name: measured[name] for name in LINES}
    points = {name: _points(found.estimate, LINES[name]) for name, found in measured.items()}
    dimensions = {name: _dimension(name, points) for name in DIMENSIONS}
    contributions = {name: _contribution(name, points) for name in LINES}
    events = case.own.plain("events", case.as_of)
    return Score(measured, points, contributions, dimensions, _public_value(dimensions), events)


class Trials(NamedTuple):
    """Successes of trials, as of the window, and the number of trials of all time."""

    n: int
    trials: float
    successes: float

    @property
    def share(self) -> float:
        return self.successes / self.trials


def _posterior(own: Trials, everywhere: Trials, strength: float) -> Measured:
    if own.trials <= 0:
        return Measured(own.n, own.trials)
    prior = everywhere.share
    a = own.successes + strength * prior
    b = (own.trials - own.successes) + strength * (1 - prior)
    variance = a * b / ((a + b) ** 2 * (a + b + 1))
    likely = (everywhere.successes + 0.5) / (everywhere.trials + 1)
    doubt = (strength / (a + b)) ** 2 * likely * (1 - likely) / (everywhere.trials + 2)
    return Measured(own.n, own.trials, Estimate(a / (a + b), math.sqrt(variance + doubt), own.share))


def _ratio(measure: str) -> Callable[[Case, Line], Measured]:
    def found(case: Case, line: Line) -> Measured:
        return _posterior(trials(case.own, case, line), trials(case.all, case, line), line.strength)

    def trials(tally: Tally, case: Case, line: Line) -> Trials:
        window = (measure, case.as_of, line.half_life)
        return Trials(tally.plain(measure, case.as_of), tally.faded(*window), tally.faded_total(*window))

    return found


def _resolution_rate(case: Case, line: Line) -> Measured:
    def trials(tally: Tally) -> Trials:
        decided, resolved = (
            tally.faded("resolution", case.as_of, line.half_life, bins) for bins in ((RESOLVED, DECLINED), (RESOLVED,))
        )
        return Trials(tally.plain("resolution", case.as_of, (RESOLVED, DECLINED)), decided, resolved)

    return _posterior(trials(case.own), trials(case.all), line.strength)


def _backlog_age(case: Case, line: Line) -> Measured:
    def stocks(tally: Tally) -> Trials:
        is_open = tally.plain("opened", case.as_of, (WITH_DUE_TIME,)) - tally.plain("on-time", case.as_of)
        overdue = tally.plain("due", case.as_of) - tally.plain("due-closed", case.as_of)
        return Trials(is_open, is_open, min(max(overdue, 0), max(is_open, 0)))

    return _posterior(stocks(case.own), stocks(case.all), line.strength)


def _satisfaction(case: Case, line: Line) -> Measured:
    window = ("rating", case.as_of, line.half_life)
    given, n = case.own.faded(*window), case.own.plain("rating", case.as_of)
    if given <= 0:
        return Measured(n, given)
    everywhere = case.all.faded(*window)
    usual = case.all.faded_total(*window) / everywhere
    squares = math.fsum(case.all.faded(*window, (value,)) * (value - usual) ** 2 for value in case.all.bins("rating"))
    variance = (squares + line.strength * 2) / (everywhere + line.strength)
    observed = case.own.faded_total(*window) / given
    value = (given * observed + line.strength * usual) / (given + line.strength)
    share = line.strength / (given + line.strength)
    sd = math.sqrt(variance / (given + line.strength) + share**2 * variance / everywhere)
    return Measured(n, given, Estimate(value, sd, observed))


def _duration(measure: str, q: float, target_of: Callable[[Case], int | None]) -> Callable[[Case, Line], Measured]:
    def found(case: Case, line: Line) -> Measured:
        weights = [(b, case.own.faded(measure, case.as_of, line.half_life, (b,))) for b in case.own.bins(measure)]
        held = [(b, weight) for b, weight in weights if weight > 0]
        n, effective_n = case.own.plain(measure, case.as_of), math.fsum(weight for _, weight in held)
        target = target_of(case)
        if target is None or not held:
            return Measured(n, effective_n)
        return Measured(n, effective_n, _quantile(held, effective_n, q, target))

    return found


def _quantile(held: Sequence[tuple[int, float]], n: float, q: float, target: int) -> Estimate:
    reach = Z * math.sqrt(n * q * (1 - q))
    value = _at_rank(held, n, q * n) / target
    spread = _at_rank(held, n, q * n + reach + 1) - _at_rank(held, n, q * n - reach)
    return Estimate(value, spread / (2 * Z * target), value)


def _at_rank(held: Sequence[tuple[int, float]], n: float, rank: float) -> float:
    """The duration at a rank, in seconds."""
    wanted, reached = min(rank, n) - 1e-9 * n, 0.0
    for bin_, weight in held:
        reached += weight
        if reached >= wanted:
            return 0.0 if bin_ == -1 else 0.99 * GAMMA**bin_
    raise AssertionError("a rank beyond the last bin")


def _participation(case: Case, line: Line) -> Measured:
    people, n = case.people, round(case.people.estimate)
    if people.estimate <= 0 or not case.population:
        return Measured(n, n)
    value = 1000 * people.estimate / case.population
    sd = 1000 * math.sqrt(people.estimate + ((people.high - people.low) / 4) ** 2) / case.population
    return Measured(n, n, Estimate(value, sd, value))


def _contributed_hours(case: Case, line: Line) -> Measured:
    start = case.as_of.replace(day=1)
    for _ in range(MONTHS - 1):
        start = (start - timedelta(days=1)).replace(day=1)
    n, minutes = case.own.between("contributed", start, case.as_of)
    if n <= 0 or not case.population:
        return Measured(n, n)
    value = minutes / 60 / (case.population / 1000)
    return Measured(n, n, Estimate(value, value * math.sqrt(2 / n), value))


def _representativeness(case: Case, line: Line) -> Measured:
    populated = {district: p for district, p in case.districts.items() if p > 0}
    n = sum(case.inputs.get(district, 0) for district in populated)
    if n < LEAST_INPUTS or len(populated) < 2:
        return Measured(n, n)
    inhabitants = sum(populated.values())
    shares = [(case.inputs.get(d, 0) / n, p / inhabitants) for d, p in sorted(populated.items())]
    distance = math.fsum(abs(s - p) for s, p in shares) / 2
    noise = min(0.99, math.fsum(math.sqrt(2 * p * (1 - p) / (math.pi * n)) for _, p in shares) / 2)
    value = 1 - min(max((distance - noise) / (1 - noise), 0), 1)
    slope = math.fsum((1 if s > p else -1 if s < p else 0) * s for s, p in shares)
    sd = math.sqrt(max(0, (1 - slope**2) / (4 * n))) / (1 - noise)
    return Measured(n, n, Estimate(value, sd, value))


def _cost_per_case(case: Case, line: Line) -> Measured:
    """By the report with both budgets that ended last, but not later than the day and not too long before it."""
    last: Mapping[str, Any] | None = None
    for report in case.reports:
        ends = date.fromisoformat(report["period"]["ends_on"])
        if not timedelta(0) <= case.as_of - ends <= timedelta(TOLD_DAYS):
            continue
        if report.get("budget_planned") and report.get("budget_spent"):
            order = (ends, report["id"])
            if last is None or order > (date.fromisoformat(last["period"]["ends_on"]), last["id"]):
                last = report
    if last is None:
        return Measured(0, 0)
    first, ends = (date.fromisoformat(last["period"][name]) for name in ("starts_on", "ends_on"))
    closed = case.own.plain("resolution", ends, (RESOLVED, DECLINED))
    closed -= case.own.plain("resolution", first - timedelta(1), (RESOLVED, DECLINED))
    planned, spent = last["budget_planned"], last["budget_spent"]
    cases = last.get("cases_planned", last.get("cases_handled"))
    told = planned["currency"] == spent["currency"] and planned["amount"] > 0 and spent["amount"] >= 0 and cases
    if not told or closed <= 0:
        return Measured(closed, closed)
    value = spent["amount"] * cases / (planned["amount"] * closed)
    return Measured(closed, closed, Estimate(value, value / math.sqrt(closed), value))


def _goal_attainment(case: Case, others: Mapping[str, Measured]) -> Measured:
    """The mean over the objectives of which something can be told."""
    found = [each for each in (_attained(case, objective, others) for objective in case.objectives) if each]
    if not found:
        return Measured(0, 0)
    value = math.fsum(each for each, _ in found) / len(found)
    sd = math.sqrt(math.fsum(sd * sd for _, sd in found)) / len(found)
    return Measured(len(found), len(found), Estimate(value, sd, value))


def _attained(case: Case, objective: Mapping[str, Any], others: Mapping[str, Measured]) -> tuple[float, float] | None:
    """Which part of the plan for the day an objective has reached, and its deviation."""
    baseline, target = objective.get("baseline"), objective["target"]
    if baseline is None:
        return None
    start, end = date.fromisoformat(baseline["on"]), date.fromisoformat(target["on"])
    begin, way = float(baseline["value"]), float(target["value"]) - float(baseline["value"])
    if way == 0 or start >= end or not start < case.as_of <= end + timedelta(PAST_DAYS):
        return None
    known = (
        _reported(case, objective, start)
        if objective["indicator"]["source"] == "reported"
        else (_by_scores(objective["indicator"], others, case.as_of))
    )
    if known is None:
        return None
    value, sd, day = known
    due = 1.0 if case.as_of >= end else (day - start).days / (end - start).days
    low, middle, high = (min(1, max(0, (value + side * Z * sd - begin) / way / due)) for side in (-1, 0, 1))
    return middle, abs(high - low) / (2 * Z)


def _reported(case: Case, objective: Mapping[str, Any], start: date) -> tuple[float, float, date] | None:
    figures = {date.fromisoformat(each["on"]): float(each["value"]) for each in objective.get("reported", ())}
    days = [day for day in figures if max(start, case.as_of - timedelta(TOLD_DAYS + 1)) < day <= case.as_of]
    return (figures[max(days)], 0.0, max(days)) if days else None


def _by_scores(
    indicator: Mapping[str, Any], others: Mapping[str, Measured], as_of: date
) -> tuple[float, float, date] | None:
    """The value of an indicator, or points: of one, a dimension or public value, all without goal attainment."""
    code = indicator["code"]
    points = {name: _points(found.estimate, LINES[name]) for name, found in others.items()}
    figure: Figure | None = None
    if code in DIMENSIONS:
        figure = _dimension(code, points)[0]
    elif code == "public_value":
        figure = _public_value({name: _dimension(name, points) for name in DIMENSIONS})
    elif code in others:
        estimate = others[code].estimate
        if indicator.get("unit") != "points":
            return None if estimate is None else (estimate.value, estimate.sd, as_of)
        figure = points[code]
    return None if figure is None else (figure.score, figure.sd, as_of)


_MEASURE: dict[str, Callable[[Case, Line], Measured]] = {
    "resolution-rate": _resolution_rate,
    "first-time-fix": _ratio("first-time-fix"),
    "satisfaction": _satisfaction,
    "on-time": _ratio("on-time"),
    "resolution-time": _duration("time-to-close", 0.5, lambda case: case.resolution_target),
    "first-answer-time": _duration("time-to-answer", 0.9, lambda case: case.first_answer_target),
    "backlog-age": _backlog_age,
    "participation": _participation,
    "representativeness": _representativeness,
    "answered": _ratio("answered"),
    "decided": _ratio("decided"),
    "co-production": _ratio("pledge-kept"),
    "contributed-hours": _contributed_hours,
    "cost-per-case": _cost_per_case,
}


def _normalised(value: float, line: Line) -> float:
    return 100 * min(max((value - line.floor) / (line.target - line.floor), 0), 1)


def _points(estimate: Estimate | None, line: Line) -> Figure | None:
    if estimate is None:
        return None
    ends = [_normalised(estimate.value + side * Z * estimate.sd, line) for side in (-1, 1)]
    return Figure(_normalised(estimate.value, line), min(ends), max(ends), (max(ends) - min(ends)) / (2 * Z))


def _evidence(dimension: str, points: Mapping[str, Figure | None]) -> list[tuple[float, Figure]]:
    lines = ((LINES[name].weight, figure) for name, figure in points.items() if LINES[name].dimension == dimension)
    return [(weight, figure) for weight, figure in lines if figure is not None]


def _dimension(name: str, points: Mapping[str, Figure | None]) -> tuple[Figure | None, float]:
    held = _evidence(name, points)
    weight = math.fsum(w for w, _ in held)
    lines = [(line, points.get(id_)) for id_, line in LINES.items() if line.dimension == name]
    expected = math.fsum(line.weight for line, figure in lines if figure is not None or not line.optional)
    if not held:
        return None, 0.0
    coverage = weight / expected
    value = math.fsum(w * figure.score / weight for w, figure in held)
    return _interval(value, math.sqrt(math.fsum((w * figure.sd / weight) ** 2 for w, figure in held))), coverage


def _contribution(name: str, points: Mapping[str, Figure | None]) -> float:
    figure = points[name]
    if figure is None:
        return 0.0
    weight = math.fsum(w for w, _ in _evidence(LINES[name].dimension, points))
    return LINES[name].weight * figure.score / weight


def _public_value(dimensions: Mapping[str, tuple[Figure | None, float]]) -> Figure | None:
    if any(coverage < LEAST_COVERAGE for _, coverage in dimensions.values()):
        return None
    weights = math.fsum(DIMENSIONS.values())
    held = [(DIMENSIONS[name], figure) for name, (figure, _) in dimensions.items() if figure is not None]
    value = math.exp(math.fsum(v * math.log(max(figure.score, 1)) for v, figure in held) / weights)
    relative = math.fsum((v * figure.sd / (max(figure.score, 1) * weights)) ** 2 for v, figure in held)
    return _interval(value, value * math.sqrt(relative))


def _interval(value: float, sd: float) -> Figure:
    return Figure(value, max(0, value - Z * sd), min(100, value + Z * sd), sd)
