"""What metrics tells others: an assessment as the event that says so, in the figures that people see."""

from datetime import UTC, datetime

from services.metrics.scores.assessment import Assessment
from services.metrics.scores.points import DimensionPoints, Points
from shared.contracts.metrics import TOPIC, CompositeScore, DimensionScore, ScoreChanged
from shared.outbox.append import Outgoing, outgoing


def rounded(figure: float) -> float:
    """As figures are published: with 6 decimals, and no negative zero."""
    return round(figure, 6) + 0.0


def interval(points: Points | None) -> tuple[float | None, float | None, float | None]:
    """Score, low and high as published; three times None where there are no points."""
    return (None, None, None) if points is None else (rounded(points.score), rounded(points.low), rounded(points.high))


def score_changed(assessment: Assessment) -> ScoreChanged:
    """The score of a service, as `/score`, the stream and the topic all show it."""
    score, low, high = interval(assessment.public_value)
    return ScoreChanged(
        service_id=assessment.service_id,
        jurisdiction_id=assessment.jurisdiction_id,
        as_of=assessment.as_of,
        scorecard=assessment.scorecard.label,
        dimensions={name: _dimension(found) for name, found in assessment.dimensions.items()},
        public_value=CompositeScore(score=score, low=low, high=high),
        events=assessment.events,
    )


def _dimension(found: DimensionPoints) -> DimensionScore:
    score, low, high = interval(found.points)
    return DimensionScore(score=score, low=low, high=high, coverage=rounded(found.coverage))


def outgoing_score(score: ScoreChanged) -> Outgoing:
    """The event that publishes a score now."""
    return outgoing(TOPIC, score.service_id, score, datetime.now(UTC))
