"""What the facts of citizens' input have in common: where it belongs, who gave it, and how it is taken back."""

from enum import StrEnum

from shared.contracts.base import Contract, Instant

TOPIC = "civicloop.feedback.v1"


class FeedbackEvent(Contract, frozen=True, kw_only=True):
    """What all input has: where it belongs. `district_id` is None where unknown."""

    jurisdiction_id: str
    service_id: str
    district_id: str | None = None


class InputGiven(FeedbackEvent, frozen=True, kw_only=True):
    """A citizen gave something: it counts as an input, and its contributor as one who takes part."""

    contributor: str
    given_at: Instant
    channel: str | None = None
    campaign: str | None = None


class Because(StrEnum):
    """Why input counts no longer: its contributor took it back, gave another instead, or had all of theirs erased."""

    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    ERASED = "erased"


class InputWithdrawn(FeedbackEvent, frozen=True, kw_only=True):
    """What was given counts as if it had never been given. `channel` is that by which it had come."""

    contributor: str
    given_at: Instant
    withdrawn_at: Instant
    because: Because
    channel: str | None = None
