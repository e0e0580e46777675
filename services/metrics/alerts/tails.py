"""How unlikely a count is where nothing is amiss, and how low a share may be. Pure."""

import math

from services.metrics.scores.estimates import Z

NEGLIGIBLE = 1e-12
"""Terms that add less than this part of a sum end it."""


def count_tail(count: int, usual: int, days: int) -> float:
    """P(X ≥ count) for one day's Poisson count, where `usual` were counted on `days` days before.

    Averaged over what the usual rate may be by its Gamma posterior after Jeffreys, which makes it a negative binomial
    tail (Gelman et al., "Bayesian Data Analysis", section 2.6). 1 where the count is not above the mean.
    """
    shape, mean = usual + 0.5, (usual + 0.5) / days
    if count <= mean:
        return 1.0
    term = math.exp(
        math.lgamma(shape + count)
        - math.lgamma(shape)
        - math.lgamma(count + 1)
        + shape * math.log(days / (days + 1))
        - count * math.log(days + 1)
    )
    total, n = term, count
    while term > NEGLIGIBLE * total:
        term *= (shape + n) / (n + 1) / (days + 1)
        n += 1
        total += term
    return min(total, 1.0)


def share_tail(successes: int, trials: int, share: float) -> float:
    """P(X ≥ successes) of a binomial count; 0 < share < 1."""
    terms = (
        math.lgamma(trials + 1)
        - math.lgamma(n + 1)
        - math.lgamma(trials - n + 1)
        + n * math.log(share)
        + (trials - n) * math.log1p(-share)
        for n in range(successes, trials + 1)
    )
    return min(math.fsum(math.exp(term) for term in terms), 1.0)


def lowest_share(successes: int, trials: int) -> float:
    """The lower end of a share's 90 % interval; trials > 0 (Wilson, Journal of the American Statistical Association
    1927)."""
    share, z2 = successes / trials, Z * Z
    centre = share + z2 / (2 * trials)
    reach = Z * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    return max((centre - reach) / (1 + z2 / trials), 0.0)
