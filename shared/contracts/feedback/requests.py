"""Events of service requests."""

from enum import StrEnum

from shared.contracts.base import Contract, Instant
from shared.contracts.feedback.common import FeedbackEvent, InputGiven, InputWithdrawn


class Resolution(StrEnum):
    """How a request was closed."""

    RESOLVED = "resolved"
    DECLINED = "declined"
    DUPLICATE = "duplicate"
    INVALID = "invalid"


class RequestState(StrEnum):
    """How far an open request has come, beyond being taken note of."""

    INVESTIGATING = "investigating"
    IN_PROGRESS = "in_progress"
    SCHEDULED = "action_scheduled"
    REFERRED = "internal_referral"


class RequestOpened(FeedbackEvent, frozen=True, kw_only=True):
    """A citizen asked for something. `due_at` and `answer_due_at` are None where the service has no such target."""

    request_id: str
    contributor: str
    opened_at: Instant
    due_at: Instant | None = None
    answer_due_at: Instant | None = None
    channel: str | None = None
    campaign: str | None = None
    split_from: str | None = None


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
    duplicate_of: str | None = None


class RequestReopened(FeedbackEvent, frozen=True, kw_only=True):
    """A closed request is open again; it carries the closing that this undoes."""

    request_id: str
    opened_at: Instant
    closed_at: Instant
    resolution: Resolution
    reopened_at: Instant
    due_at: Instant | None = None


class RequestProgressed(FeedbackEvent, frozen=True, kw_only=True):
    """An open request came a step further."""

    request_id: str
    opened_at: Instant
    state: RequestState
    progressed_at: Instant


class UndoneClosing(Contract, frozen=True, kw_only=True):
    """A closing that a reopening undid."""

    closed_at: Instant
    resolution: Resolution
    reopened_at: Instant


class RequestErased(FeedbackEvent, frozen=True, kw_only=True):
    """A request counts as if it had never been made: it carries all of its life that is counted.

    `closed_at` and `resolution` are those of a closing that stands, `undone` the earlier ones.
    """

    request_id: str
    contributor: str
    opened_at: Instant
    erased_at: Instant
    due_at: Instant | None = None
    answer_due_at: Instant | None = None
    first_answered_at: Instant | None = None
    closed_at: Instant | None = None
    resolution: Resolution | None = None
    undone: list[UndoneClosing] = []
    channel: str | None = None


class NotePosted(InputGiven, frozen=True, kw_only=True):
    """A citizen had something to add to a request, their own or another's."""

    note_id: str
    request_id: str


class NoteWithdrawn(InputWithdrawn, frozen=True, kw_only=True):
    """A note counts as if it had never been given."""

    note_id: str
    request_id: str
