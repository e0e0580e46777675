"""A proposal and the steps of its life. A step yields the proposal as it then is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from services.feedback.proposals.rules.domain import Rule
from services.feedback.requests.domain import CLOCK_TOLERANCE, ImpossibleTime


class State(StrEnum):
    """Where a proposal stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    QUALIFIED = "qualified"
    DECIDED = "decided"
    DELIVERED = "delivered"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


UNDECIDED = frozenset({State.PUBLISHED, State.QUALIFIED})
DISCUSSED = UNDECIDED | {State.DECIDED, State.DELIVERED}
"""States in which people may comment."""


class Wording(NamedTuple):
    """What a proposal says; a masked text is the one for the public, None where it is the same."""

    title: str
    text: str
    title_masked: str | None = None
    text_masked: str | None = None


class Change(NamedTuple):
    """What a wording is changed to; None: it stays."""

    title: str | None = None
    text: str | None = None
    title_masked: str | None = None
    text_masked: str | None = None


def reworded(wording: Wording, change: Change) -> Wording:
    """A wording after a change."""
    if change.title is not None:
        wording = wording._replace(title=change.title, title_masked=change.title_masked)
    if change.text is not None:
        wording = wording._replace(text=change.text, text_masked=change.text_masked)
    return wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a citizen proposes. `contributor` is a pseudonym; both it and what was said are None once it is erased.

    `supports_needed` and `days_to_decide` are the rule as it was at publication, so that it does not change on the way.
    """

    id: UUID
    jurisdiction_id: str
    service_id: str
    contributor: str | None
    title: str | None
    text: str | None
    created_at: datetime
    state: State = State.DRAFT
    version: int = 1
    district_id: str | None = None
    title_masked: str | None = None
    text_masked: str | None = None
    language: str | None = None
    address: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    attachments: Sequence[str] = ()
    channel: str | None = None
    campaign: str | None = None
    published_at: datetime | None = None
    amended_at: datetime | None = None
    supports_needed: int | None = None
    days_to_decide: int | None = None
    supports: int = 0
    comments: int = 0
    comments_numbered: int = 0
    qualified_at: datetime | None = None
    decision_due_at: datetime | None = None
    decided_at: datetime | None = None
    decision: str | None = None
    reasons: str | None = None
    decided_by: str | None = None
    delivered_at: datetime | None = None
    merged_into: UUID | None = None
    merged_at: datetime | None = None
    withdrawn_at: datetime | None = None
    withdrawn_why: str | None = None
    withdrawn_why_masked: str | None = None
    erased_at: datetime | None = None
    hidden_at: datetime | None = None

    @property
    def wording(self) -> Wording:
        return Wording(self.title or "", self.text or "", self.title_masked, self.text_masked)

    def overdue(self, now: datetime) -> bool:
        """Whether the city owes a decision and is late."""
        return self.state == State.QUALIFIED and self.decision_due_at is not None and self.decision_due_at < now


class NoSuchProposal(LookupError):
    """There is no proposal of this id that the caller may know of."""


class NotTheAuthor(Exception):
    """The proposal is somebody else's."""


class WrongState(Exception):
    """The proposal's present state does not allow it."""


class MergedElsewhere(Exception):
    """The proposal goes on in another one."""


class IsHidden(Exception):
    """The proposal was hidden by a moderator."""


class ForeignProposal(ValueError):
    """A proposal is merged into another one for the same service."""


def require(proposal: Proposal, states: frozenset[State], wish: str) -> None:
    """Raises WrongState or MergedElsewhere where the proposal is in none of `states`."""
    if proposal.state == State.MERGED:
        raise MergedElsewhere(f"it goes on in proposal {proposal.merged_into}")
    if proposal.state not in states:
        raise WrongState(f"proposal {proposal.id} is {proposal.state} and cannot be {wish}")


def require_open(proposal: Proposal, states: frozenset[State], wish: str) -> None:
    """The same for what citizens do: they cannot go on where a moderator hid it. Raises IsHidden too."""
    require(proposal, states, wish)
    if proposal.hidden_at is not None:
        raise IsHidden(f"proposal {proposal.id} was hidden by a moderator")


def step_time(at: datetime | None, before: datetime, now: datetime) -> datetime:
    """When a step happens: at the time stated, else now; not before the step before it. Raises ImpossibleTime."""
    if at is None:
        return max(now, before)
    if at < before:
        raise ImpossibleTime(f"{at} is before the step that comes before it, {before}")
    if at > now + CLOCK_TOLERANCE:
        raise ImpossibleTime(f"{at} is in the future")
    return at.astimezone(UTC)


def not_before(proposal: Proposal, given_at: datetime) -> datetime:
    """When something that belongs to a proposal counts as given: not before it was published."""
    return max(given_at, proposal.published_at or given_at)


def moved_at(proposal: Proposal) -> datetime:
    """When the last step was made."""
    steps = (proposal.published_at, proposal.amended_at, proposal.qualified_at, proposal.decided_at)
    return max((step for step in steps if step is not None), default=proposal.created_at)


def publish(proposal: Proposal, rule: Rule, now: datetime) -> Proposal:
    """A draft is there for everybody, under the rule as it is now; qualified at once where no support is needed."""
    if proposal.state != State.DRAFT:
        raise WrongState(f"proposal {proposal.id} is {proposal.state}")
    published = replace(
        proposal,
        state=State.PUBLISHED,
        published_at=now,
        supports_needed=rule.supports_needed,
        days_to_decide=rule.days_to_decide,
    )
    return count(published, 0, now)


def count(proposal: Proposal, supports: int, now: datetime) -> Proposal:
    """The proposal with so many supports; it is qualified once they are enough, and stays so."""
    counted = replace(proposal, supports=supports)
    if proposal.state != State.PUBLISHED or supports < (proposal.supports_needed or 0):
        return counted
    at = max(now, moved_at(proposal))
    due = at + timedelta(days=proposal.days_to_decide or 0)
    return replace(counted, state=State.QUALIFIED, qualified_at=at, decision_due_at=due)


def amend(proposal: Proposal, change: Change, now: datetime) -> Proposal:
    """The next version. Supports stay with it. Raises WrongState, MergedElsewhere or IsHidden."""
    require_open(proposal, UNDECIDED, "amended")
    at = max(now, moved_at(proposal))
    wording = reworded(proposal.wording, change)
    return replace(proposal, version=proposal.version + 1, amended_at=at, **wording._asdict())


class Order(NamedTuple):
    """What staff decides."""

    decision: str
    reasons: str
    author: str
    at: datetime | None = None


def decide(proposal: Proposal, order: Order, now: datetime) -> Proposal:
    """The city's decision, which may come before it is owed. Raises WrongState, MergedElsewhere or ImpossibleTime."""
    require(proposal, UNDECIDED, "decided")
    return replace(
        proposal,
        state=State.DECIDED,
        decided_at=step_time(order.at, moved_at(proposal), now),
        decision=order.decision,
        reasons=order.reasons,
        decided_by=order.author,
    )


def withdraw(proposal: Proposal, why: str | None, why_masked: str | None, now: datetime) -> Proposal:
    """Its author takes it back, as if it had never been made. Raises WrongState or MergedElsewhere."""
    require(proposal, UNDECIDED, "withdrawn")
    at = max(now, moved_at(proposal))
    return replace(proposal, state=State.WITHDRAWN, withdrawn_at=at, withdrawn_why=why, withdrawn_why_masked=why_masked)


def merge(proposal: Proposal, into: Proposal, now: datetime) -> Proposal:
    """The proposal goes on in another of its service. Raises WrongState, MergedElsewhere or ForeignProposal.

    There can be no circle: both have to be undecided, and from then on this one is not.
    """
    if proposal.id == into.id or proposal.service_id != into.service_id:
        raise ForeignProposal(f"proposal {into.id} is not another one for {proposal.service_id}")
    require(proposal, UNDECIDED, "merged")
    require_open(into, UNDECIDED, "merged into")
    at = max(now, moved_at(proposal))
    return replace(proposal, state=State.MERGED, merged_into=into.id, merged_at=at, supports=0)


def erase(proposal: Proposal, now: datetime) -> Proposal:
    """What is left when its author is erased: where it belonged, what the city did, and what others gave."""
    return replace(
        proposal,
        state=State.ERASED,
        erased_at=now,
        contributor=None,
        title=None,
        title_masked=None,
        text=None,
        text_masked=None,
        language=None,
        address=None,
        latitude=None,
        longitude=None,
        attachments=(),
        channel=None,
        campaign=None,
        withdrawn_why=None,
        withdrawn_why_masked=None,
    )
