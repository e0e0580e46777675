"""Events of ratings."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from shared.contracts.base import Contract, Instant
from shared.contracts.feedback.common import FeedbackEvent

RatingValue = Annotated[int, Meta(ge=1, le=5)]


class Aspect(StrEnum):
    """The dimensions of service quality of SERVQUAL (Parasuraman, Zeithaml and Berry 1988)."""

    TANGIBLES = "tangibles"
    RELIABILITY = "reliability"
    RESPONSIVENESS = "responsiveness"
    ASSURANCE = "assurance"
    EMPATHY = "empathy"


Aspects = dict[Aspect, RatingValue]
"""What was said of aspects. None where nothing was: an empty mapping for each rating makes counting a fifth slower."""


class ReplacedRating(Contract, frozen=True, kw_only=True):
    """The contributor's earlier rating of the same service, whose value no longer counts."""

    rating_id: str
    value: RatingValue
    given_at: Instant
    district_id: str | None = None
    aspects: Aspects | None = None


class RatingGiven(FeedbackEvent, frozen=True, kw_only=True):
    """A contributor rated a service, 1 (worst) to 5 (best)."""

    rating_id: str
    contributor: str
    value: RatingValue
    given_at: Instant
    replaces: ReplacedRating | None = None
    channel: str | None = None
    campaign: str | None = None
    aspects: Aspects | None = None
    request_id: str | None = None


class RatingWithdrawn(FeedbackEvent, frozen=True, kw_only=True):
    """A contributor took a rating back: it counts as if it had never been given."""

    rating_id: str
    contributor: str
    value: RatingValue
    given_at: Instant
    withdrawn_at: Instant
    aspects: Aspects | None = None
    channel: str | None = None


class RatingErased(FeedbackEvent, frozen=True, kw_only=True):
    """A rating counts as if it had never been given; `value` is None where a later one had replaced it before."""

    rating_id: str
    contributor: str
    given_at: Instant
    erased_at: Instant
    value: RatingValue | None = None
    aspects: Aspects | None = None
    channel: str | None = None
