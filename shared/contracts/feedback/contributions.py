"""Events of contributions, and of the city's calls for them."""

from enum import StrEnum

from shared.contracts.base import Instant
from shared.contracts.feedback.common import FeedbackEvent, InputGiven, InputWithdrawn


class Form(StrEnum):
    """What a contribution is of."""

    HOURS = "hours"
    DATA = "data"
    SKILLS = "skills"
    GOODS = "goods"
    MONEY = "money"


class Verifier(StrEnum):
    """Who confirmed that a contribution was made."""

    STAFF = "staff"
    PEERS = "peers"


class CallOpened(FeedbackEvent, frozen=True, kw_only=True):
    """The city calls for contributions."""

    call_id: str
    opened_at: Instant
    form: Form | None = None
    closes_at: Instant | None = None


class CallClosed(FeedbackEvent, frozen=True, kw_only=True):
    """A call is over."""

    call_id: str
    opened_at: Instant
    closed_at: Instant


class ContributionPledged(InputGiven, frozen=True, kw_only=True):
    """A citizen promised to contribute by `due_at`.

    `amount` is in minutes for hours and skills, in minor units of `currency` for money, else in pieces.
    """

    contribution_id: str
    form: Form
    due_at: Instant
    amount: int | None = None
    currency: str | None = None
    proposal_id: str | None = None
    call_id: str | None = None


class ContributionMade(FeedbackEvent, frozen=True, kw_only=True):
    """The contributor says that it is done; `amount` is what came of it."""

    contribution_id: str
    form: Form
    given_at: Instant
    due_at: Instant
    made_at: Instant
    amount: int | None = None
    currency: str | None = None


class ContributionVerified(FeedbackEvent, frozen=True, kw_only=True):
    """Staff or peers confirmed that it was made; `amount` is what they confirmed."""

    contribution_id: str
    form: Form
    given_at: Instant
    due_at: Instant
    verified_at: Instant
    by: Verifier
    amount: int | None = None
    currency: str | None = None


class ContributionRefused(FeedbackEvent, frozen=True, kw_only=True):
    """Staff found that it was not made: the pledge stays one that was not kept."""

    contribution_id: str
    form: Form
    given_at: Instant
    due_at: Instant
    refused_at: Instant


class ContributionWithdrawn(InputWithdrawn, frozen=True, kw_only=True):
    """A contribution counts as if it had never been pledged; what was verified of it comes along."""

    contribution_id: str
    form: Form
    due_at: Instant
    verified_at: Instant | None = None
    amount: int | None = None
    currency: str | None = None
