"""Events of metrics: the newest score of each service, keyed by service id (topic `civicloop.metrics.v1`)."""

from datetime import date

from shared.contracts.base import Contract

TOPIC = "civicloop.metrics.v1"


class DimensionScore(Contract, frozen=True, kw_only=True):
    """Points 0 to 100 with a 90 % interval; all None without evidence. `coverage`: share of weight with evidence."""

    score: float | None
    low: float | None
    high: float | None
    coverage: float


class CompositeScore(Contract, frozen=True, kw_only=True):
    """Public value, 0 to 100, with a 90 % interval; None where a dimension's coverage is below a half."""

    score: float | None
    low: float | None
    high: float | None


class ScoreChanged(Contract, frozen=True, kw_only=True):
    """A service's score differs from the one last published. `as_of` is a UTC day; `events` counts all up to then."""

    service_id: str
    jurisdiction_id: str
    as_of: date
    scorecard: str
    dimensions: dict[str, DimensionScore]
    public_value: CompositeScore
    events: int


TYPES: dict[str, type[Contract]] = {"metrics.score.changed.v1": ScoreChanged}
