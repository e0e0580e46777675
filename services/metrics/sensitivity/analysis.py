"""How ranks move when weights, means or indicators are others (docs/scores.md, section 8). Pure.

After step 7 of the OECD and JRC's "Handbook on Constructing Composite Indicators" (2008), and Saisana, Saltelli and
Tarantola, "Uncertainty and Sensitivity Analysis Techniques as Tools for the Quality Assessment of Composite
Indicators", Journal of the Royal Statistical Society A, 2005.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.metrics.sensitivity.model import Model, Numbers, Ranks, Weights, ranks

DRAWS = 1_000
SLICES = 20
SEED = 2008
AT_ONCE = 250
NEAR = 0.25


class Spread(StrEnum):
    """How far weights move: each up to a quarter either way, or anywhere."""

    NEAR = "near"
    ANY = "any"


class Spans(NamedTuple):
    """The ranks of one service over all draws; `low` and `high` hold 90 % of them, `best` and `worst` all."""

    median: int
    low: int
    high: int
    best: int
    worst: int
    top_share: float


class Case(NamedTuple):
    """One other choice: each service's rank by it, None where it has no figure then.

    `average_shift` is the mean of how many places the services that have one move, in either direction.
    """

    name: str
    ranks: Sequence[int | None]
    average_shift: float | None


class Importance(NamedTuple):
    """The part of all movement of ranks that the weight of an indicator or dimension explains alone."""

    kind: str
    id: str
    share: float | None


class Sensitivity(NamedTuple):
    """What the order of services hangs on; spans and ranks are in the order of `services`."""

    services: Sequence[str]
    ranks: Sequence[int]
    spans: Sequence[Spans]
    average_shift: float | None
    aggregations: Sequence[Case]
    without: Sequence[Case]
    importance: Sequence[Importance]


def analyse(model: Model, spread: Spread, top: int) -> Sensitivity:
    """All of it, the same each time."""
    if not model.services:
        return Sensitivity([], [], [], None, [], [], [])
    base = ranks(model.scores(model.weights))[0]
    chances = np.random.Generator(np.random.PCG64(SEED)).random((DRAWS, _factors(model)))
    drawn = _drawn(model, _moved(model, chances, spread))
    return Sensitivity(
        model.services,
        base.tolist(),
        [_spans(drawn[:, place], top) for place in range(drawn.shape[1])],
        float(np.abs(drawn - base).mean()),
        [*_aggregations(model)],
        [*_without(model)],
        _importance(model, chances, drawn),
    )


def _factors(model: Model) -> int:
    """Weights that can move: of indicators, and of dimensions where there are several."""
    return len(model.indicators) + (len(model.dimensions) if len(model.dimensions) > 1 else 0)


def _moved(model: Model, chances: Numbers, spread: Spread) -> Weights:
    """A row of weights for each draw. Only their shares count, so exponential ones are uniform over all shares."""
    count = len(model.indicators)
    if spread is Spread.ANY:
        free = -np.log1p(-chances)
        return Weights(free[:, :count], free[:, count:] if len(model.dimensions) > 1 else model.weights.dimensions)
    factors = 1 + NEAR * (2 * chances - 1)
    dimensions = model.weights.dimensions
    return Weights(
        model.weights.indicators * factors[:, :count],
        dimensions * factors[:, count:] if len(model.dimensions) > 1 else dimensions,
    )


def _drawn(model: Model, weights: Weights) -> Ranks:
    found = []
    for start in range(0, DRAWS, AT_ONCE):
        some = slice(start, start + AT_ONCE)
        dimensions = weights.dimensions[some] if len(weights.dimensions) > 1 else weights.dimensions
        found.append(ranks(model.scores(Weights(weights.indicators[some], dimensions))))
    return np.concatenate(found)


def _spans(drawn: NDArray[np.int32], top: int) -> Spans:
    ordered = np.sort(drawn)
    last = len(ordered)
    median, low, high = (int(ordered[int(np.ceil(q * last)) - 1]) for q in (0.5, 0.05, 0.95))
    return Spans(median, low, high, int(ordered[0]), int(ordered[-1]), float((ordered <= top).mean()))


def _aggregations(model: Model) -> Iterator[Case]:
    if len(model.dimensions) > 1:
        yield _case("arithmetic", model, model.scores(model.weights, arithmetic=True)[0])
    yield _case("geometric", model, model.scores(model.weights, geometric=True)[0])


def _without(model: Model) -> Iterator[Case]:
    for place, name in enumerate(model.indicators):
        kept = np.arange(len(model.indicators)) != place
        weights = Weights(model.weights.indicators[:, kept], model.weights.dimensions)
        some = replace(model, points=model.points[:, kept], place=model.place[kept], weights=weights)
        yield _case(name, model, some.scores(weights)[0])


def _case(name: str, model: Model, scores: Numbers) -> Case:
    """Ranks among the services that still have a figure, beside those that the same ones have otherwise."""
    held = np.flatnonzero(~np.isnan(scores))
    if not held.size:
        return Case(name, [None] * len(scores), None)
    base = ranks(model.scores(model.weights)[:, held])[0]
    found = ranks(scores[np.newaxis, held])[0]
    by_service: list[int | None] = [None] * len(scores)
    for place, rank in zip(held.tolist(), found.tolist(), strict=True):
        by_service[place] = rank
    return Case(name, by_service, float(np.abs(found - base).mean()))


def _importance(model: Model, chances: Numbers, drawn: Ranks) -> list[Importance]:
    """First-order shares of the variance of all ranks together, from the draws themselves.

    Lamboni, Monod and Makowski, "Multivariate sensitivity analysis to measure global contribution of input factors in
    dynamic models", Reliability Engineering & System Safety 2011; estimated by slices (Plischke, Borgonovo and Smith,
    "Global sensitivity measures from given data", European Journal of Operational Research 2013) without the bias that
    slices bring (Kelley, "An unbiased correlation ratio measure", PNAS 1935).
    """
    away = drawn - drawn.mean(axis=0)
    total = float((away**2).sum())
    names = [("indicator", name) for name in model.indicators]
    names += [("dimension", name) for name in model.dimensions] if len(model.dimensions) > 1 else []
    if not total:
        return [Importance(kind, name, None) for kind, name in names]
    return [
        Importance(kind, name, _explained(chances[:, place], away, total)) for place, (kind, name) in enumerate(names)
    ]


def _explained(chance: Numbers, away: Numbers, total: float) -> float:
    """The part of the variance that lies between slices of draws in which one weight is alike."""
    inside = np.zeros((SLICES, DRAWS))
    inside[np.arange(DRAWS) * SLICES // DRAWS, np.argsort(chance, kind="stable")] = SLICES / DRAWS
    between = float(((inside @ away) ** 2).sum()) * (DRAWS // SLICES)
    return max(1 - (1 - between / total) * (DRAWS - 1) / (DRAWS - SLICES), 0.0)
