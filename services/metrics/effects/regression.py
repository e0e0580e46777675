"""Interrupted time series by segmented regression (docs/scores.md, section 13); imports statsmodels when it runs.

Wagner, Soumerai, Zhang, Ross-Degnan: "Segmented regression analysis of interrupted time series studies", Journal of
Clinical Pharmacy and Therapeutics 2002. Errors: Newey and West, Econometrica 1987, with the lags of Newey and West,
Review of Economic Studies 1994.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

ENOUGH = 8
"""Weeks with evidence on each side; Penfold and Zhang, Academic Pediatrics 2013."""
CONFIDENCE = 0.9
EXACT = 1e-9
"""Deviations below this share of the values are rounding, not noise."""


class Week(NamedTuple):
    """A figure of a week; `number` counts from the change, which begins week 0."""

    number: int
    value: float


class Figure(NamedTuple):
    """A coefficient with its interval and p-value; the last is None where nothing varies."""

    value: float
    low: float
    high: float
    p: float | None


class Effect(NamedTuple):
    """The change of level in week 0 and of slope per week; `latest`: in the last week, against what the trend of before
    would have led to. `level_before` is what it would have led to in week 0, `slope_before` what it was per week.
    """

    level_before: Figure
    slope_before: Figure
    level: Figure
    slope: Figure
    latest: Figure
    lags: int


def fit(weeks: Sequence[Week]) -> Effect:
    """Fits y = b0 + b1·t + b2·after + b3·t·after; each side has ENOUGH weeks."""
    import numpy as np
    from statsmodels.regression.linear_model import OLS

    number = np.array([each.number for each in weeks], dtype=np.float64)
    value = np.array([each.value for each in weeks])
    after = (number >= 0).astype(np.float64)
    design = np.column_stack([np.ones(number.size), number, after, number * after])
    lags = math.floor(4 * (number.size / 100) ** (2 / 9))
    model = OLS(value, design)
    plain = model.fit()
    negligible = EXACT * max(1.0, float(np.abs(value).max()))
    if np.abs(plain.resid).max() <= negligible:
        return _without_noise([0.0 if abs(each) <= negligible else each for each in plain.params], number[-1], lags)
    found = plain.get_robustcov_results("HAC", maxlags=lags, use_correction=True, use_t=True)
    latest = found.t_test([0.0, 0.0, 1.0, float(number[-1])])
    intervals = [*found.conf_int(1 - CONFIDENCE), latest.conf_int(1 - CONFIDENCE)[0]]
    values = [*found.params, float(np.ravel(latest.effect)[0])]
    chances = [*found.pvalues, float(np.ravel(latest.pvalue)[0])]
    figures = [
        Figure(float(v), float(low), float(high), float(p) if math.isfinite(p) else None)
        for v, (low, high), p in zip(values, intervals, chances, strict=True)
    ]
    return _effect(figures, lags)


def _without_noise(params: Sequence[float], last: float, lags: int) -> Effect:
    """Weeks that lie on two straight lines: there is nothing to be unsure of, and no p-value."""
    values = [*map(float, params), float(params[2] + params[3] * last)]
    return _effect([Figure(each, each, each, None) for each in values], lags)


def _effect(figures: Sequence[Figure], lags: int) -> Effect:
    level_before, slope_before, level, slope, latest = figures
    return Effect(level_before, slope_before, level, slope, latest, lags)
