"""Events of proposals, their supports and comments."""

from enum import StrEnum

from shared.contracts.base import Instant
from shared.contracts.feedback.common import FeedbackEvent, InputGiven, InputWithdrawn


class Decision(StrEnum):
    """What the city made of a proposal."""

    ACCEPTED = "accepted"
    PARTLY = "partly_accepted"
    DECLINED = "declined"


class ProposalPublished(InputGiven, frozen=True, kw_only=True):
    """A citizen proposed something, for everybody to discuss and support."""

    proposal_id: str


class ProposalQualified(FeedbackEvent, frozen=True, kw_only=True):
    """A proposal has the supports that it needs: from now on the city owes a decision."""

    proposal_id: str
    published_at: Instant
    qualified_at: Instant
    decision_due_at: Instant


class ProposalDecided(FeedbackEvent, frozen=True, kw_only=True):
    """The city decided and gave its reasons. `decision_due_at` is None where it did not owe it yet."""

    proposal_id: str
    published_at: Instant
    decided_at: Instant
    decision: Decision
    decision_due_at: Instant | None = None


class ProposalMerged(FeedbackEvent, frozen=True, kw_only=True):
    """A proposal goes on in another: no decision on it is owed any longer."""

    proposal_id: str
    into_id: str
    published_at: Instant
    merged_at: Instant
    decision_due_at: Instant | None = None


class MilestoneReached(FeedbackEvent, frozen=True, kw_only=True):
    """A step on the way to what was decided is done."""

    proposal_id: str
    milestone_id: str
    reached_at: Instant
    planned_at: Instant | None = None


class ProposalDelivered(FeedbackEvent, frozen=True, kw_only=True):
    """What was decided is there."""

    proposal_id: str
    decided_at: Instant
    delivered_at: Instant


class ProposalWithdrawn(InputWithdrawn, frozen=True, kw_only=True):
    """A proposal counts as if it had never been made.

    `decision_due_at` is None where no decision was owed (any longer), `decided_at` where none was made.
    """

    proposal_id: str
    decision_due_at: Instant | None = None
    decided_at: Instant | None = None


class SupportGiven(InputGiven, frozen=True, kw_only=True):
    """A citizen supports a proposal."""

    proposal_id: str


class SupportWithdrawn(InputWithdrawn, frozen=True, kw_only=True):
    """A citizen supports a proposal no longer."""

    proposal_id: str


class CommentPosted(InputGiven, frozen=True, kw_only=True):
    """A citizen had something to say on a proposal; `answers_id` names the comment that this one answers."""

    comment_id: str
    proposal_id: str
    answers_id: str | None = None


class CommentWithdrawn(InputWithdrawn, frozen=True, kw_only=True):
    """A comment counts as if it had never been made."""

    comment_id: str
    proposal_id: str
