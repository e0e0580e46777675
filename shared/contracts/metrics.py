"""Events of metrics (topic `civicloop.metrics.v1`): the newest score of each service, keyed by service id; the newest
state of each alert, keyed by alert id, which no entity can have (`@` is in none); whether somebody has taken note of
it, keyed by `<alert id>@acknowledgement`."""

from datetime import date
from enum import StrEnum

from shared.contracts.base import Contract, Instant

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


class AlertRaised(Contract, frozen=True, kw_only=True):
    """A rule holds of a subject at the end of `as_of`, a UTC day. `number`: how often it has been raised so far.

    `evidence` are the figures it was judged by, `thresholds` the rule's bounds at that time.
    """

    id: str
    rule: str
    subject_kind: str
    subject_id: str
    jurisdiction_id: str
    number: int
    as_of: date
    scorecard: str
    evidence: dict[str, int | float | str]
    thresholds: dict[str, int | float]


class Because(StrEnum):
    """Why an alert was cleared."""

    EASED = "eased"
    THIN = "thin"


class AlertCleared(Contract, frozen=True, kw_only=True):
    """It holds no longer, or there is too little evidence left to say so (`because`). `number`: that of its raising."""

    id: str
    rule: str
    subject_kind: str
    subject_id: str
    jurisdiction_id: str
    number: int
    raised_as_of: date
    as_of: date
    because: Because
    scorecard: str
    evidence: dict[str, int | float | str]
    thresholds: dict[str, int | float]


class Acknowledgement(Contract, frozen=True, kw_only=True):
    """What both events of an acknowledgement say: of which alert, and of which raising, counted from 1."""

    id: str
    rule: str
    subject_kind: str
    subject_id: str
    jurisdiction_id: str
    number: int
    acknowledged_at: Instant


class AlertAcknowledged(Acknowledgement, frozen=True, kw_only=True):
    """Staff took note of an alert, as it was raised for the `number`th time: raised anew, it is to be noted anew."""


class AlertAcknowledgementWithdrawn(Acknowledgement, frozen=True, kw_only=True):
    """That was taken back: it counts as if nobody had taken note."""

    withdrawn_at: Instant


TYPES: dict[str, type[Contract]] = {
    "metrics.score.changed.v1": ScoreChanged,
    "metrics.alert.raised.v1": AlertRaised,
    "metrics.alert.cleared.v1": AlertCleared,
    "metrics.alert.acknowledged.v1": AlertAcknowledged,
    "metrics.alert.acknowledgement.withdrawn.v1": AlertAcknowledgementWithdrawn,
}
