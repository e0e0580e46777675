"""Events of consultations and participatory budgets."""

from shared.contracts.base import Instant
from shared.contracts.feedback.common import FeedbackEvent, InputGiven, InputWithdrawn


class ConsultationOpened(FeedbackEvent, frozen=True, kw_only=True):
    """The city asks questions, from `opens_at` to `closes_at`, and said so at `published_at`."""

    consultation_id: str
    published_at: Instant
    opens_at: Instant
    closes_at: Instant


class ConsultationClosed(FeedbackEvent, frozen=True, kw_only=True):
    """The time to answer is over; `answers` counts those who did."""

    consultation_id: str
    opens_at: Instant
    closed_at: Instant
    answers: int


class ConsultationAnswered(InputGiven, frozen=True, kw_only=True):
    """A citizen answered a consultation."""

    answer_id: str
    consultation_id: str


class ConsultationAnswerWithdrawn(InputWithdrawn, frozen=True, kw_only=True):
    """An answer counts as if it had never been given."""

    answer_id: str
    consultation_id: str


class BudgetOpened(FeedbackEvent, frozen=True, kw_only=True):
    """Citizens may vote on what `amount`, in minor units of `currency`, is spent on; published at `published_at`."""

    budget_id: str
    published_at: Instant
    opens_at: Instant
    closes_at: Instant
    amount: int
    currency: str


class BudgetVoteCast(InputGiven, frozen=True, kw_only=True):
    """A citizen voted."""

    vote_id: str
    budget_id: str


class BudgetVoteWithdrawn(InputWithdrawn, frozen=True, kw_only=True):
    """A vote counts as if it had never been cast."""

    vote_id: str
    budget_id: str


class BudgetDecided(FeedbackEvent, frozen=True, kw_only=True):
    """The vote is counted: which projects are paid for."""

    budget_id: str
    decided_at: Instant
    votes: int
    project_ids: list[str] = []
