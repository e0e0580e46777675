"""Each kind of indicator, from evidence to an estimate (docs/scores.md, section 2)."""

import math
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from services.metrics.buckets.measures import ASPECTS, aspect_bin
from services.metrics.scores import estimates
from services.metrics.scores.contributors import MONTHS, first_day, month_of
from services.metrics.scores.decay import Buckets
from services.metrics.scores.estimates import ENOUGH_INPUTS, Estimate
from services.metrics.scores.evidence import JurisdictionEvidence, ServiceEvidence
from services.metrics.scores.scorecard import (
    AnyIndicator,
    ContributedHours,
    Mean,
    Participation,
    Quantile,
    Ratio,
    Representativeness,
    Stock,
)

PRIOR_MEASURES = (
    "resolution", "first-time-fix", "on-time", "answered", "rating", "opened", "due", "due-closed", "decided",
    "pledge-kept",
)  # fmt: skip
"""What of a jurisdiction a prior may rest on."""

RESOLVED, DECLINED = 0, 1
WITH_DUE_TIME = 1
NOTHING_OBSERVED = "nothing observed in the time that counts"


class Prior(NamedTuple):
    """What the jurisdiction as a whole shows: a share or mean, how uncertain it is, and for a mean the variance of one
    rating. None: nothing.
    """

    value: float | None = None
    variance: float = 0.0
    variance_of_one: float = 0.0


class AspectMean(NamedTuple):
    """What ratings said of one aspect: their number of all time, and their mean with decay (None once they faded)."""

    n: int
    mean: float | None


class Measured(NamedTuple):
    """An indicator of one service: `n` observations of all time, `effective_n` of them left by decay.

    Without an estimate `absent` says why. `stale`: withdrawn input is still counted, until its sketch is rebuilt.
    `aspects` are those that ratings spoke of.
    """

    n: int
    effective_n: float
    estimate: Estimate | None = None
    absent: str | None = None
    prior: float | None = None
    stale: bool = False
    aspects: Mapping[str, AspectMean] = MappingProxyType({})


class Trials(NamedTuple):
    """Weighted trials and successes, and the number of trials of all time."""

    n: int
    trials: float
    successes: float


def prior_of(indicator: AnyIndicator, jurisdiction: JurisdictionEvidence, day: int) -> Prior:
    """The prior that an indicator's services share at `day`; empty for indicators that have none."""
    match indicator:
        case Ratio():
            return _share(_ratio_trials(indicator, jurisdiction.buckets, day))
        case Stock():
            return _share(_stock_trials(jurisdiction.buckets, day))
        case Mean():
            return _ratings(indicator, jurisdiction.buckets, day)
        case _:
            return Prior()


def measure(
    indicator: AnyIndicator, service: ServiceEvidence, jurisdiction: JurisdictionEvidence, prior: Prior, day: int
) -> Measured:
    """What an indicator says of a service at the end of `day`."""
    match indicator:
        case Ratio():
            trials = _ratio_trials(indicator, service.buckets, day)
            return _measure_ratio(trials, prior, indicator.prior_strength, NOTHING_OBSERVED)
        case Stock():
            trials = _stock_trials(service.buckets, day)
            return _measure_ratio(trials, prior, indicator.prior_strength, "no open request that has a due time")
        case Mean():
            return _measure_mean(indicator, service.buckets, prior, day)
        case Quantile():
            return _measure_quantile(indicator, service, day)
        case Participation():
            return _measure_participation(service, jurisdiction, month_of(date.fromordinal(day)))
        case Representativeness():
            return _measure_representativeness(service, jurisdiction, month_of(date.fromordinal(day)))
        case ContributedHours():
            return _measure_contributed_hours(service, jurisdiction, day)


def _ratio_trials(indicator: Ratio, buckets: Buckets, day: int) -> Trials:
    name, half_life = indicator.measure, indicator.half_life_days
    if name == "resolution":
        decided = (RESOLVED, DECLINED)
        return _trials(
            buckets.count(name, day, decided),
            buckets.weighted_count(name, day, half_life, decided),
            buckets.weighted_count(name, day, half_life, (RESOLVED,)),
        )
    return _trials(
        buckets.count(name, day),
        buckets.weighted_count(name, day, half_life),
        buckets.weighted_total(name, day, half_life),
    )


def _stock_trials(buckets: Buckets, day: int) -> Trials:
    """Open and overdue at the end of the day, from flows."""
    opened = buckets.count("opened", day, (WITH_DUE_TIME,)) - buckets.count("on-time", day)
    overdue = buckets.count("due", day) - buckets.count("due-closed", day)
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


def _ratings(indicator: Mean, buckets: Buckets, day: int) -> Prior:
    n, by_value = buckets.weighted_bins(indicator.measure, day, indicator.half_life_days)
    if n <= 0:
        return Prior()
    centre = buckets.weighted_total(indicator.measure, day, indicator.half_life_days) / n
    squares = math.fsum(weight * (value - centre) ** 2 for value, weight in by_value)
    variance = estimates.rating_variance(squares, n, indicator.prior_strength)
    return Prior(centre, variance / n, variance)


def _measure_mean(indicator: Mean, buckets: Buckets, prior: Prior, day: int) -> Measured:
    name, half_life = indicator.measure, indicator.half_life_days
    n, weighted = buckets.count(name, day), buckets.weighted_count(name, day, half_life)
    if weighted <= 0:
        return Measured(n, weighted, absent=NOTHING_OBSERVED)
    if prior.value is None:
        prior = _ratings(indicator, buckets, day)
    centre = prior.value or 0.0
    total = buckets.weighted_total(name, day, half_life)
    strength = indicator.prior_strength
    estimate = estimates.mean(total, weighted, centre, strength, prior.variance_of_one)
    estimate = estimates.with_uncertain_prior(estimate, weighted, strength, prior.variance)
    return Measured(n, weighted, estimate, prior=centre, aspects=_aspects(buckets, day, half_life))


def _aspects(buckets: Buckets, day: int, half_life: int) -> dict[str, AspectMean]:
    found = {}
    for aspect in ASPECTS:
        bins = [aspect_bin(aspect, value) for value in range(1, 6)]
        n, weighted = buckets.count("aspect", day, bins), buckets.weighted_count("aspect", day, half_life, bins)
        if n:
            total = buckets.weighted_total("aspect", day, half_life, bins)
            found[aspect.value] = AspectMean(n, total / weighted if weighted > 0 else None)
    return found


def _measure_quantile(indicator: Quantile, service: ServiceEvidence, day: int) -> Measured:
    name, half_life = indicator.measure, indicator.half_life_days
    n = service.buckets.count(name, day)
    weighted, bins = service.buckets.weighted_bins(name, day, half_life)
    target = service.targets.get(indicator.relative_to)
    if target is None:
        return Measured(n, weighted, absent="the service has no such target time")
    if weighted <= 0:
        return Measured(n, weighted, absent=NOTHING_OBSERVED)
    return Measured(n, weighted, estimates.quantile(bins, indicator.quantile, target))


def _measure_participation(service: ServiceEvidence, jurisdiction: JurisdictionEvidence, month: int) -> Measured:
    people, inhabitants = service.people(month), jurisdiction.inhabitants
    n = round(people.estimate)
    if not inhabitants:
        return Measured(n, n, absent="the number of inhabitants is unknown", stale=people.stale)
    if people.estimate <= 0:
        return Measured(n, n, absent="nobody gave input in twelve months", stale=people.stale)
    return Measured(n, n, estimates.participation(people, inhabitants), stale=people.stale)


def _measure_representativeness(service: ServiceEvidence, jurisdiction: JurisdictionEvidence, month: int) -> Measured:
    population = jurisdiction.known_districts
    inputs = {name: n for name, n in service.inputs_by_district(month).items() if name in population}
    n = sum(inputs.values())
    if len(population) < 2:
        return Measured(n, n, absent="fewer than two districts whose population is known")
    if n < ENOUGH_INPUTS:
        return Measured(n, n, absent=f"fewer than {ENOUGH_INPUTS} inputs from known districts in twelve months")
    return Measured(n, n, estimates.representativeness(inputs, population))


def _measure_contributed_hours(service: ServiceEvidence, jurisdiction: JurisdictionEvidence, day: int) -> Measured:
    start = first_day(max(month_of(date.fromordinal(day)) - MONTHS + 1, 12))
    n, minutes = service.buckets.within("contributed", start, day)
    if not jurisdiction.inhabitants:
        return Measured(n, n, absent="the number of inhabitants is unknown")
    if n <= 0:
        return Measured(n, n, absent="no hours were contributed in twelve months")
    return Measured(n, n, estimates.contributed_hours(minutes, n, jurisdiction.inhabitants))
