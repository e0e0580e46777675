"""Scores of many services by many weights at once, and their ranks (docs/scores.md, section 8). Pure.

Points of indicators are taken as they are: normalisation stays what the scorecard says. The formulas are those of
`scores/points.py`, over arrays.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.metrics.scores.assessment import Assessment
from services.metrics.scores.scorecard import Scorecard

Numbers = NDArray[np.float64]
Ranks = NDArray[np.int32]

LEAST = 1.0
"""Points below count as this in a geometric mean, as in public value."""
DECIMALS = 6
"""Scores that agree so far share a rank."""


@dataclass(frozen=True)
class Weights:
    """A row for each case: of each indicator, and of each dimension in public value."""

    indicators: Numbers
    dimensions: Numbers


@dataclass(frozen=True)
class Model:
    """Points by service and indicator (NaN without evidence), and which indicators make up which dimension.

    Services are those that have the figure. With one dimension alone, the figure is that dimension.
    """

    services: Sequence[str]
    indicators: Sequence[str]
    dimensions: Sequence[str]
    points: Numbers
    place: NDArray[np.int64]
    weights: Weights

    @classmethod
    def of(cls, card: Scorecard, assessments: Sequence[Assessment], by: str) -> "Model":
        """What the order by public value, or by one dimension, is made of."""
        dimensions = [*card.weights] if by == "public_value" else [by]
        columns = [place for place, each in enumerate(card.indicators) if each.dimension in dimensions]
        used = [card.indicators[place] for place in columns]
        having = [each for each in assessments if each.figure(by) is not None]
        points = [
            [np.nan if (found := each.indicators[place].points) is None else found.score for place in columns]
            for each in having
        ]
        return cls(
            [each.service_id for each in having],
            [each.id for each in used],
            dimensions,
            np.array(points, dtype=np.float64).reshape(len(having), len(used)),
            np.array([dimensions.index(each.dimension) for each in used], dtype=np.int64),
            Weights(
                np.array([[each.weight for each in used]], dtype=np.float64),
                np.array([[card.weights.get(name, 1.0) for name in dimensions]], dtype=np.float64),
            ),
        )

    def scores(self, weights: Weights, *, geometric: bool = False, arithmetic: bool = False) -> Numbers:
        """A row for each case, a column for each service; NaN where a dimension has no evidence left.

        `geometric`: dimensions are geometric means too; `arithmetic`: public value is an arithmetic mean.
        """
        held = ~np.isnan(self.points)
        points = np.where(held, self.points, 0.0)
        if geometric:
            points = np.where(held, np.log(np.maximum(points, LEAST)), 0.0)
        found = [self._mean(weights.indicators, points, held, self.place == d) for d in range(len(self.dimensions))]
        by_dimension = np.exp(found) if geometric else np.array(found)
        if len(self.dimensions) == 1:
            return np.asarray(by_dimension[0])
        share = (weights.dimensions / weights.dimensions.sum(axis=1, keepdims=True)).T[:, :, np.newaxis]
        if arithmetic:
            return np.asarray((share * by_dimension).sum(axis=0))
        return np.asarray(np.exp((share * np.log(np.maximum(by_dimension, LEAST))).sum(axis=0)))

    @staticmethod
    def _mean(weights: Numbers, points: Numbers, held: NDArray[np.bool_], columns: NDArray[np.bool_]) -> Numbers:
        total = weights[:, columns] @ held[:, columns].T.astype(np.float64)
        summed = weights[:, columns] @ points[:, columns].T
        return np.asarray(np.divide(summed, total, out=np.full_like(total, np.nan), where=total > 0))


def ranks(scores: Numbers) -> Ranks:
    """1 + how many services have a higher score, row by row; equal scores share a rank."""
    rounded = -np.round(scores, DECIMALS)
    order = np.argsort(rounded, axis=1, kind="stable")
    ordered = np.take_along_axis(rounded, order, axis=1)
    places = np.broadcast_to(np.arange(1, scores.shape[1] + 1, dtype=np.int32), scores.shape)
    first = np.ones(scores.shape, dtype=np.bool_)
    first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    shared = np.maximum.accumulate(np.where(first, places, 0), axis=1)
    found = np.empty(scores.shape, dtype=np.int32)
    np.put_along_axis(found, order, shared.astype(np.int32), axis=1)
    return found
