"""Estimates with their uncertainty: each formula of docs/scores.md, section 2, on plain numbers."""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from services.metrics.scores.contributors import Distinct
from shared.contracts.durations import seconds_of

Z = 1.6448536269514722
"""The standard normal quantile of 0.95: intervals hold 90 %."""

UNIFORM_VARIANCE = 2
"""The variance of the uniform distribution on the ratings 1 to 5."""

ENOUGH_INPUTS = 20
"""Fewer inputs say nothing about districts."""


class Estimate(NamedTuple):
    """A figure in its own unit: with the prior, without it, and the standard deviation of the first."""

    value: float
    observed: float
    sd: float


def ratio(successes: float, trials: float, prior: float, strength: float) -> Estimate:
    """The mean and deviation of the Beta posterior of a share; trials > 0, 0 <= successes <= trials.

    docs/scores.md, section 2, Ratio. The prior is the jurisdiction's share, worth `strength` trials: a beta-binomial
    model with an empirical prior (Gelman et al., "Bayesian Data Analysis", section 2.4; Casella, "An Introduction to
    Empirical Bayes Data Analysis", The American Statistician 1985).
    """
    a = successes + strength * prior
    b = (trials - successes) + strength * (1 - prior)
    variance = a * b / ((a + b) ** 2 * (a + b + 1))
    return Estimate(a / (a + b), successes / trials, math.sqrt(variance))


def mean(total: float, n: float, prior: float, strength: float, variance: float) -> Estimate:
    """The posterior mean of ratings that sum to `total`; `variance` is that of one rating.

    docs/scores.md, section 2, Mean. Normal mean with known variance and a normal prior worth `strength` ratings (Gelman
    et al., "Bayesian Data Analysis", section 2.5).
    """
    return Estimate((total + strength * prior) / (n + strength), total / n, math.sqrt(variance / (n + strength)))


def rating_variance(squares: float, n: float, strength: float) -> float:
    """The variance of one rating, from the weighted squared deviations of a jurisdiction's n ratings.

    docs/scores.md, section 2, Mean: shrunk towards the uniform distribution's, so that few equal ratings do not
    pretend certainty.
    """
    return (squares + strength * UNIFORM_VARIANCE) / (n + strength)


def share_variance(successes: float, trials: float) -> float:
    """How uncertain a share is that serves as a prior: the variance of its Beta posterior after Jeffreys; trials > 0.

    docs/scores.md, section 2, The prior's own uncertainty.
    """
    share = (successes + 0.5) / (trials + 1)
    return share * (1 - share) / (trials + 2)


def with_uncertain_prior(estimate: Estimate, n: float, strength: float, variance: float) -> Estimate:
    """An estimate from n observations whose prior, worth `strength` of them, itself has a variance.

    docs/scores.md, section 2, The prior's own uncertainty (Morris, "Parametric Empirical Bayes Inference", Journal of
    the American Statistical Association 1983: intervals that take an estimated prior for known are too short).
    """
    weight = strength / (n + strength)
    return estimate._replace(sd=math.sqrt(estimate.sd**2 + weight**2 * variance))


def quantile(bins: Mapping[int, Sequence[tuple[int, float]]], q: float) -> Estimate:
    """The q-quantile of durations over their targets; by target in seconds (bin, weight), ascending, one above 0.

    docs/scores.md, section 2, Quantile. Values by DDSketch (Masson, Rim, Lee, VLDB 2019), deviation from the order
    statistics whose ranks bound the quantile (David and Nagaraja, "Order Statistics", section 7.1).
    """
    held, target = _durations(bins)
    n = math.fsum(weight for _, weight in held)
    cumulative = list(accumulate(weight for _, weight in held))

    def value(rank: float) -> float:
        """The duration at a rank; ranks outside (0, n] give the first or the last."""
        return held[bisect_left(cumulative, min(rank, n) - 1e-9 * n)][0]

    reach = Z * math.sqrt(n * q * (1 - q))
    spread = value(q * n + reach + 1) - value(q * n - reach)
    relative = value(q * n) / target
    return Estimate(relative, relative, spread / (2 * Z * target))


def _durations(bins: Mapping[int, Sequence[tuple[int, float]]]) -> tuple[list[tuple[float, float]], float]:
    """(duration, weight), ascending, and in what unit: in seconds against one target, or each relative to its own."""
    if len(bins) == 1:
        [(target, found)] = bins.items()
        return [(seconds_of(each), weight) for each, weight in found if weight > 0], target
    every = [(seconds_of(each) / target, weight) for target, of in bins.items() for each, weight in of if weight > 0]
    return sorted(every), 1.0


def participation(people: Distinct, inhabitants: int) -> Estimate:
    """Distinct people per 1,000 inhabitants.

    docs/scores.md, section 2, Participation: Poisson noise of a count, and the sketch's own error at two standard
    deviations either way.
    """
    value = 1000 * people.estimate / inhabitants
    variance = people.estimate + ((people.high - people.low) / 4) ** 2
    return Estimate(value, value, 1000 * math.sqrt(variance) / inhabitants)


def contributed_hours(minutes: int, contributions: int, inhabitants: int) -> Estimate:
    """Hours that people worked for a service, per 1,000 inhabitants.

    docs/scores.md, section 2, Contributed hours: a compound Poisson sum. Of the single amounts only their number and
    sum are kept; the distribution of greatest entropy with that mean is the exponential one, whose second moment is
    twice the square of the mean (Ross, "Introduction to Probability Models", section 5.4.2), so the sum's variance is
    twice its square over the number.
    """
    value = 1000 * minutes / 60 / inhabitants
    return Estimate(value, value, value * math.sqrt(2 / contributions))


def cost_per_case(spent: int, closed: int, planned: int, expected: int) -> Estimate:
    """What a closed case cost, over what a case was planned to cost; all above 0, but for `spent`.

    docs/scores.md, section 2, Cost per case: unit cost against its standard (Drury, "Management and Cost Accounting",
    on standard costing). What was spent is known; the number of cases is taken for a Poisson count, whose relative
    deviation is 1 / √closed (delta method).
    """
    value = (spent / closed) / (planned / expected)
    return Estimate(value, value, value / math.sqrt(closed))


def goal_attainment(attained: Sequence[tuple[float, float]]) -> Estimate:
    """The mean of how far objectives are attained, each with its standard deviation; there is at least one.

    docs/scores.md, section 2, Goal attainment. Goal attainment scaling weighs goals alike where nobody says otherwise
    (Kiresuk and Sherman, Community Mental Health Journal 1968); deviations add as those of independent figures.
    """
    value = math.fsum(each for each, _ in attained) / len(attained)
    return Estimate(value, value, math.sqrt(math.fsum(sd**2 for _, sd in attained)) / len(attained))


def representativeness(inputs: Mapping[str, int], population: Mapping[str, int]) -> Estimate:
    """1 less the share of input that would have to come from other districts, beyond what chance explains.

    docs/scores.md, section 2, Representativeness. Districts are those of `population`, each above 0. The index of
    dissimilarity (Duncan and Duncan, American Sociological Review 1955), less its expectation under
    proportional input (as Carrington and Troske, "On Measuring Segregation in Samples with Small Units", Journal of
    Business & Economic Statistics 1997).
    """
    districts = sorted(population)
    n, inhabitants = sum(inputs.get(d, 0) for d in districts), sum(population.values())
    shares = [inputs.get(d, 0) / n for d in districts]
    expected = [population[d] / inhabitants for d in districts]
    distance = math.fsum(abs(s - p) for s, p in zip(shares, expected, strict=True)) / 2
    noise = min(0.99, math.fsum(math.sqrt(2 * p * (1 - p) / (math.pi * n)) for p in expected) / 2)
    value = 1 - min(max((distance - noise) / (1 - noise), 0.0), 1.0)
    excess = math.fsum(_sign(s - p) * s for s, p in zip(shares, expected, strict=True))
    variance = (1 - excess**2) / (4 * n)
    return Estimate(value, value, math.sqrt(max(variance, 0.0)) / (1 - noise))


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)
