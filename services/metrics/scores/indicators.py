"""Each kind of indicator, from evidence to an estimate (docs/scores.md, section 2)."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from services.metrics.buckets.measures import ASPECTS, aspect_bin
from services.metrics.enablers.reports import REPORTED_DAYS, newest, total
from services.metrics.objectives.domain import Absent, ScoresSay, attainment, counts
from services.metrics.scores import estimates
from services.metrics.scores.estimates import ENOUGH_INPUTS, Estimate
from services.metrics.scores.evidence import ENOUGH_TOLD, JurisdictionEvidence, ServiceEvidence
from services.metrics.scores.scorecard import (
    AnyIndicator,
    ContributedHours,
    CostPerCase,
    Mean,
    OwnIndicator,
    Participation,
    Quantile,
    Ratio,
    Representativeness,
    Stock,
)
from services.metrics.scores.series import Buckets
from services.metrics.scores.weighing import Weighing, first_day

PRIOR_MEASURES = (
    "resolution", "first-time-fix", "on-time", "answered", "rating", "opened", "due", "due-closed", "decided",
    "pledge-kept",
)  # fmt: skip
"""What of a jurisdiction a prior may rest on."""

RESOLVED, DECLINED = 0, 1
WITH_DUE_TIME = 1
NOTHING_OBSERVED = "nothing observed in the time that counts"
TOO_FEW = "too few for a figure of a district"
NO_STOCK = "stocks need every month, and a district's months with few people are not told"
ONE_PLACE = "a district is one place"


class Prior(NamedTuple):
    """What the jurisdiction as a whole shows: a share or mean, how uncertain it is, and for a mean the variance of one
    rating. None: nothing.
    """

    value: float | None = None
    variance: float = 0.0
    variance_of_one: float = 0.0

    @property
    def itself(self) -> Estimate | None:
        """The jurisdiction's own figure."""
        return None if self.value is None else Estimate(self.value, self.value, math.sqrt(self.variance))


class AspectMean(NamedTuple):
    """What ratings said of one aspect: their number, and their weighed mean (None once they faded)."""

    n: int
    mean: float | None


class Measured(NamedTuple):
    """An indicator of one service: `n` observations, of all time or of a window, `effective_n` of them left by decay.

    Without an estimate `absent` says why. `stale`: withdrawn input is still counted, until its sketch is rebuilt.
    `aspects` are those that ratings spoke of. `months`: over how many it is, where it goes by calendar months.
    """

    n: int
    effective_n: float
    estimate: Estimate | None = None
    absent: str | None = None
    prior: float | None = None
    stale: bool = False
    aspects: Mapping[str, AspectMean] = MappingProxyType({})
    months: int | None = None


class Trials(NamedTuple):
    """Weighted trials and successes, and how many trials there were."""

    n: int
    trials: float
    successes: float


def prior_of(indicator: AnyIndicator, jurisdiction: JurisdictionEvidence, over: Weighing) -> Prior:
    """The prior that an indicator's services share; empty for indicators that have none."""
    match indicator:
        case Ratio():
            return _share(_ratio_trials(indicator, jurisdiction.buckets, over))
        case Stock():
            return _share(_stock_trials(jurisdiction.buckets, over))
        case Mean():
            return _ratings(indicator, jurisdiction.buckets, over)
        case _:
            return Prior()


def measure(
    indicator: OwnIndicator, service: ServiceEvidence, jurisdiction: JurisdictionEvidence, prior: Prior, over: Weighing
) -> Measured:
    """What an indicator says of a service, its observations weighed as `over` says."""
    found = _measure(indicator, service, jurisdiction, prior, over)
    if jurisdiction.is_subject and found.estimate is not None and prior.itself is not None:
        found = found._replace(estimate=prior.itself, prior=None)
    return _guarded(indicator, found) if service.guarded else found


def _guarded(indicator: AnyIndicator, found: Measured) -> Measured:
    """What may be told of a district: no stock, for it needs every month; nothing of a few; no aspects."""
    if isinstance(indicator, Stock):
        return Measured(0, 0.0, absent=NO_STOCK)
    if isinstance(indicator, Representativeness):
        return Measured(0, 0.0, absent=ONE_PLACE)
    if found.estimate is not None and found.n < ENOUGH_TOLD:
        return Measured(0, 0.0, absent=TOO_FEW, months=found.months)
    return found._replace(aspects={})


def _measure(
    indicator: OwnIndicator, service: ServiceEvidence, jurisdiction: JurisdictionEvidence, prior: Prior, over: Weighing
) -> Measured:
    match indicator:
        case Ratio():
            trials = _ratio_trials(indicator, service.buckets, over)
            return _measure_ratio(trials, prior, indicator.prior_strength, NOTHING_OBSERVED)
        case Stock():
            trials = _stock_trials(service.buckets, over)
            return _measure_ratio(trials, prior, indicator.prior_strength, "no open request that has a due time")
        case Mean():
            return _measure_mean(indicator, service.buckets, prior, over)
        case Quantile():
            return _measure_quantile(indicator, service, over)
        case Participation():
            return _measure_participation(service, jurisdiction, over)._replace(months=len(over.months))
        case Representativeness():
            return _measure_representativeness(service, jurisdiction, over)._replace(months=len(over.months))
        case ContributedHours():
            return _measure_contributed_hours(service, jurisdiction, over)._replace(months=len(over.months))
        case CostPerCase():
            return _measure_cost_per_case(service, over.last)


def measure_goals(service: ServiceEvidence, say: ScoresSay, day: int) -> Measured:
    """How far the service's objectives are attained at the end of `day`; `say` tells what other indicators show."""
    objectives = [each for each in service.objectives if counts(each, day)]
    found = [attainment(each, say, day) for each in objectives]
    held = [(each.attained, each.sd) for each in found if not isinstance(each, Absent)]
    if held:
        return Measured(len(held), len(held), estimates.goal_attainment(held))
    reasons = {each.reason for each in found if isinstance(each, Absent)}
    absent = f"of no objective can progress be told: {'; '.join(sorted(reasons))}"
    return Measured(0, 0.0, absent=absent if reasons else "no objective names the service")


def _ratio_trials(indicator: Ratio, buckets: Buckets, over: Weighing) -> Trials:
    name, half_life = indicator.measure, indicator.half_life_days
    if name == "resolution":
        decided = (RESOLVED, DECLINED)
        return _trials(
            buckets.count(name, over, decided),
            buckets.weighted_count(name, over, half_life, decided),
            buckets.weighted_count(name, over, half_life, (RESOLVED,)),
        )
    return _trials(
        buckets.count(name, over),
        buckets.weighted_count(name, over, half_life),
        buckets.weighted_total(name, over, half_life),
    )


def _stock_trials(buckets: Buckets, over: Weighing) -> Trials:
    """Open and overdue at the end of the last day, from flows of all time."""
    opened = buckets.held("opened", over.last, (WITH_DUE_TIME,)) - buckets.held("on-time", over.last)
    overdue = buckets.held("due", over.last) - buckets.held("due-closed", over.last)
    return _trials(opened, opened, overdue)


def _trials(n: int, trials: float, successes: float) -> Trials:
    """Successes within 0..trials: a request can be due before it is opened, and so overdue before it is open."""
    return Trials(n, trials, min(max(successes, 0), max(trials, 0)))


def _share(found: Trials) -> Prior:
    if found.trials <= 0:
        return Prior()
    return Prior(found.successes / found.trials, estimates.share_variance(found.successes, found.trials))


def _measure_ratio(found: Trials, prior: Prior, strength: float, absent: str) -> Measured:
    if found.trials <= 0:
        return Measured(found.n, found.trials, absent=absent)
    observed = found.successes / found.trials
    centre = observed if prior.value is None else prior.value
    estimate = estimates.ratio(found.successes, found.trials, centre, strength)
    estimate = estimates.with_uncertain_prior(estimate, found.trials, strength, prior.variance)
    return Measured(found.n, found.trials, estimate, prior=centre)


def _ratings(indicator: Mean, buckets: Buckets, over: Weighing) -> Prior:
    n, by_value = buckets.weighted_bins(indicator.measure, over, indicator.half_life_days)
    if n <= 0:
        return Prior()
    centre = buckets.weighted_total(indicator.measure, over, indicator.half_life_days) / n
    squares = math.fsum(weight * (value - centre) ** 2 for value, weight in by_value)
    variance = estimates.rating_variance(squares, n, indicator.prior_strength)
    return Prior(centre, variance / n, variance)


def _measure_mean(indicator: Mean, buckets: Buckets, prior: Prior, over: Weighing) -> Measured:
    name, half_life = indicator.measure, indicator.half_life_days
    n, weighted = buckets.count(name, over), buckets.weighted_count(name, over, half_life)
    if weighted <= 0:
        return Measured(n, weighted, absent=NOTHING_OBSERVED)
    if prior.value is None:
        prior = _ratings(indicator, buckets, over)
    centre = prior.value or 0.0
    total = buckets.weighted_total(name, over, half_life)
    strength = indicator.prior_strength
    estimate = estimates.mean(total, weighted, centre, strength, prior.variance_of_one)
    estimate = estimates.with_uncertain_prior(estimate, weighted, strength, prior.variance)
    return Measured(n, weighted, estimate, prior=centre, aspects=_aspects(buckets, over, half_life))


def _aspects(buckets: Buckets, over: Weighing, half_life: int) -> dict[str, AspectMean]:
    found = {}
    for aspect in ASPECTS:
        bins = [aspect_bin(aspect, value) for value in range(1, 6)]
        n, weighted = buckets.count("aspect", over, bins), buckets.weighted_count("aspect", over, half_life, bins)
        if n:
            total = buckets.weighted_total("aspect", over, half_life, bins)
            found[aspect.value] = AspectMean(n, total / weighted if weighted > 0 else None)
    return found


def _measure_quantile(indicator: Quantile, service: ServiceEvidence, over: Weighing) -> Measured:
    name, half_life = indicator.measure, indicator.half_life_days
    held = service.by_target(name, indicator.relative_to)
    if not held:
        buckets = service.buckets
        n, weighted = buckets.count(name, over), buckets.weighted_count(name, over, half_life)
        return Measured(n, weighted, absent="the service has no such target time")
    n = sum(each.count(name, over) for each in held.values())
    bins = {target: each.weighted_bins(name, over, half_life) for target, each in held.items()}
    weighted = math.fsum(total for total, _ in bins.values())
    if weighted <= 0:
        return Measured(n, weighted, absent=NOTHING_OBSERVED)
    by_target = {target: found for target, (total, found) in bins.items() if total > 0}
    return Measured(n, weighted, estimates.quantile(by_target, indicator.quantile))


def _measure_participation(service: ServiceEvidence, jurisdiction: JurisdictionEvidence, over: Weighing) -> Measured:
    people, inhabitants = service.people(over.months), _inhabitants(service, jurisdiction)
    n = round(people.estimate)
    if not inhabitants:
        return Measured(n, n, absent="the number of inhabitants is unknown", stale=people.stale)
    if people.estimate <= 0:
        return Measured(n, n, absent=f"nobody gave input in {_span(over)}", stale=people.stale)
    return Measured(n, n, estimates.participation(people, inhabitants), stale=people.stale)


def _measure_representativeness(
    service: ServiceEvidence, jurisdiction: JurisdictionEvidence, over: Weighing
) -> Measured:
    population = jurisdiction.known_districts
    inputs = {name: n for name, n in service.inputs_by_district(over.months).items() if name in population}
    n = sum(inputs.values())
    if len(population) < 2:
        return Measured(n, n, absent="fewer than two districts whose population is known")
    if n < ENOUGH_INPUTS:
        return Measured(n, n, absent=f"fewer than {ENOUGH_INPUTS} inputs from known districts in {_span(over)}")
    return Measured(n, n, estimates.representativeness(inputs, population))


def _measure_contributed_hours(
    service: ServiceEvidence, jurisdiction: JurisdictionEvidence, over: Weighing
) -> Measured:
    start = first_day(over.months.start)
    n, minutes = service.buckets.within("contributed", start, over.last)
    inhabitants = _inhabitants(service, jurisdiction)
    if not inhabitants:
        return Measured(n, n, absent="the number of inhabitants is unknown")
    if n <= 0:
        return Measured(n, n, absent=f"no hours were contributed in {_span(over)}")
    return Measured(n, n, estimates.contributed_hours(minutes, n, inhabitants))


def _inhabitants(service: ServiceEvidence, jurisdiction: JurisdictionEvidence) -> int:
    return jurisdiction.inhabitants if service.population is None else service.population


def _span(over: Weighing) -> str:
    """The months of a weighing in words."""
    count = len(over.months)
    return {1: "the month", 12: "twelve months"}.get(count, f"{count} months")


def _measure_cost_per_case(service: ServiceEvidence, day: int) -> Measured:
    """From the last report that tells its budget; of several services that are pooled, from each one's last."""
    reports = newest([each for each in service.reports if each.planned and each.spent], day)
    closed = sum(each.cases_closed for each in reports)
    if not reports:
        absent = f"no report of the service's budget, planned and spent, ended within {REPORTED_DAYS} days"
        return Measured(closed, closed, absent=absent)
    planned, spent = total(each.planned for each in reports), total(each.spent for each in reports)
    if planned is None or spent is None or planned.currency != spent.currency:
        return Measured(closed, closed, absent="budgets are in different currencies")
    if planned.amount <= 0 or spent.amount < 0:
        return Measured(closed, closed, absent="the planned budget is nothing, or less than nothing was spent")
    if not all(each.cases_expected for each in reports):
        absent = "the report does not tell for how many cases its budget was planned"
        return Measured(closed, closed, absent=absent)
    if closed <= 0:
        return Measured(closed, closed, absent="no case was closed in the report's period")
    expected = sum(each.cases_expected or 0 for each in reports)
    return Measured(closed, closed, estimates.cost_per_case(spent.amount, closed, planned.amount, expected))
