"""Rank correlations with intervals (docs/scores.md, section 14); imports scipy when it runs."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from services.metrics.scores.estimates import Z

ENOUGH = 8
"""Services that a correlation needs."""


class Pairs(NamedTuple):
    """Two figures of the same services, in the same order."""

    of: Sequence[float]
    by: Sequence[float]

    @property
    def absent(self) -> str | None:
        """Why there is no correlation to tell of."""
        if len(self.of) < ENOUGH:
            return f"only {len(self.of)} services have both figures, and fewer than {ENOUGH} tell nothing"
        if len(set(self.of)) == 1 or len(set(self.by)) == 1:
            return "all services are alike in one of both figures"
        return None


class Correlation(NamedTuple):
    """Spearman's rho with a 90 % interval, the p-value, and the p-value adjusted for all that were asked at once."""

    rho: float
    low: float
    high: float
    p: float
    adjusted: float


def correlate(pairs: Sequence[Pairs]) -> list[Correlation]:
    """Correlations of pairs none of which is absent. Spearman, "The Proof and Measurement of Association between Two
    Things", American Journal of Psychology 1904; adjusted p-values after Benjamini and Hochberg, "Controlling the False
    Discovery Rate", Journal of the Royal Statistical Society B 1995.
    """
    if not pairs:
        return []
    from scipy.stats import false_discovery_control, spearmanr

    found = [spearmanr(each.of, each.by) for each in pairs]
    chances = [float(each.pvalue) for each in found]
    adjusted = false_discovery_control(chances, method="bh").tolist()
    return [
        Correlation(float(each.statistic), *interval(float(each.statistic), len(pair.of)), p, q)
        for each, pair, p, q in zip(found, pairs, chances, adjusted, strict=True)
    ]


def interval(rho: float, n: int) -> tuple[float, float]:
    """Fisher's z with the variance (1 + rho²/2) / (n − 3) of Bonett and Wright, "Sample Size Requirements for
    Estimating Pearson, Kendall and Spearman Correlations", Psychometrika 2000.

    A perfect order would be certain of itself: its inner end is that of the nearest order that is not perfect.
    """
    nearest = 1 - 12 / (n * (n * n - 1))
    held = min(max(rho, -nearest), nearest)
    reach = Z * math.sqrt((1 + held**2 / 2) / (n - 3))
    low, high = math.tanh(math.atanh(held) - reach), math.tanh(math.atanh(held) + reach)
    return (-1.0 if rho < -nearest else low), (1.0 if rho > nearest else high)
