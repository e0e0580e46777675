"""Events of citizens' input: facts that are counted, keyed by service id (topic `civicloop.feedback.v1`).

Each is self-contained: it carries every earlier time that a counter needs, and what it replaces, so that a consumer
never asks back. None carries text, names or contact; `contributor` is a pseudonym per person and jurisdiction.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from shared.contracts.base import Contract, Instant

TOPIC = "civicloop.feedback.v1"

RatingValue = Annotated[int, Meta(ge=1, le=5)]


class Resolution(StrEnum):
    """How a request was closed."""

    RESOLVED = "resolved"
    DECLINED = "declined"
    DUPLICATE = "duplicate"
    INVALID = "invalid"


class FeedbackEvent(Contract, frozen=True, kw_only=True):
    """What all input has: where it belongs. `district_id` is None where unknown."""

    jurisdiction_id: str
    service_id: str
    district_id: str | None = None


class RequestOpened(FeedbackEvent, frozen=True, kw_only=True):
    """A citizen asked for something. `due_at` and `answer_due_at` are None where the service has no such target."""

    request_id: str
    contributor: str
    opened_at: Instant
    due_at: Instant | None = None
    answer_due_at: Instant | None = None
    channel: str | None = None


class RequestAcknowledged(FeedbackEvent, frozen=True, kw_only=True):
    """Staff took note of a request."""

    request_id: str
    opened_at: Instant
    acknowledged_at: Instant


class RequestAnswered(FeedbackEvent, frozen=True, kw_only=True):
    """Staff gave a public answer; `first` is true for the first one, the only one that is measured."""

    request_id: str
    opened_at: Instant
    answered_at: Instant
    answer_due_at: Instant | None = None
    first: bool


class RequestClosed(FeedbackEvent, frozen=True, kw_only=True):
    """A request came to its end."""

    request_id: str
    opened_at: Instant
    closed_at: Instant
    resolution: Resolution
    due_at: Instant | None = None
    first_answered_at: Instant | None = None


class RequestReopened(FeedbackEvent, frozen=True, kw_only=True):
    """A closed request is open again; it carries the closing that this undoes."""

    request_id: str
    opened_at: Instant
    closed_at: Instant
    resolution: Resolution
    reopened_at: Instant
    due_at: Instant | None = None


class ReplacedRating(Contract, frozen=True, kw_only=True):
    """The contributor's earlier rating of the same service, whose value no longer counts."""

    rating_id: str
    value: RatingValue
    given_at: Instant
    district_id: str | None = None


class RatingGiven(FeedbackEvent, frozen=True, kw_only=True):
    """A contributor rated a service, 1 (worst) to 5 (best)."""

    rating_id: str
    contributor: str
    value: RatingValue
    given_at: Instant
    replaces: ReplacedRating | None = None
    channel: str | None = None


class RatingWithdrawn(FeedbackEvent, frozen=True, kw_only=True):
    """A contributor took a rating back: it counts as if it had never been given."""

    rating_id: str
    contributor: str
    value: RatingValue
    given_at: Instant
    withdrawn_at: Instant


TYPES: dict[str, type[Contract]] = {
    "feedback.request.opened.v1": RequestOpened,
    "feedback.request.acknowledged.v1": RequestAcknowledged,
    "feedback.request.answered.v1": RequestAnswered,
    "feedback.request.closed.v1": RequestClosed,
    "feedback.request.reopened.v1": RequestReopened,
    "feedback.rating.given.v1": RatingGiven,
    "feedback.rating.withdrawn.v1": RatingWithdrawn,
}
