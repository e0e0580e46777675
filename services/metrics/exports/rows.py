"""Scores as a table: a row for each service, day and indicator."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from services.metrics.publishes import interval, rounded
from services.metrics.scores.assessment import Assessment, IndicatorScore


class Row(NamedTuple):
    """An indicator of a service on a day: `value` in the indicator's unit; `points`, `low`, `high` from 0 to 100."""

    jurisdiction_id: str
    service_id: str
    service: str | None
    as_of: date
    scorecard: str
    dimension: str
    indicator: str
    unit: str
    value: float | None
    sd: float | None
    n: int
    effective_n: float
    points: float | None
    low: float | None
    high: float | None
    weight: float
    contribution: float
    absent: str | None


def rows(assessments: Iterable[Assessment], names: Mapping[str, str | None]) -> Iterator[Row]:
    """In the order of the assessments, then of the scorecard."""
    return (_row(each, names.get(each.service_id), one) for each in assessments for one in each.indicators)


def _row(of: Assessment, name: str | None, one: IndicatorScore) -> Row:
    estimate = one.measured.estimate
    return Row(
        of.jurisdiction_id,
        of.service_id,
        name,
        of.as_of,
        of.scorecard.label,
        one.indicator.dimension,
        one.indicator.id,
        one.indicator.unit,
        None if estimate is None else rounded(estimate.value),
        None if estimate is None else rounded(estimate.sd),
        one.measured.n,
        rounded(one.measured.effective_n),
        *interval(one.points),
        one.indicator.weight,
        rounded(one.contribution),
        one.measured.absent,
    )
