"""What can be followed, and what of an event is news for whom. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

from shared.contracts.base import Contract
from shared.contracts.feedback import (
    BudgetDecided,
    BudgetOpened,
    CallOpened,
    ConsultationClosed,
    ConsultationOpened,
    FeedbackEvent,
    MilestoneReached,
    ProposalDecided,
    ProposalDelivered,
    ProposalMerged,
    ProposalPublished,
    ProposalQualified,
    RequestAcknowledged,
    RequestAnswered,
    RequestClosed,
    RequestOpened,
    RequestProgressed,
    RequestReopened,
)

SubjectKind = Literal["request", "proposal", "service", "district"]

OLD_NEWS = timedelta(days=7)
"""What happened longer ago, as when a topic is read from its start, is no news."""

MOST_IN_A_MAIL = 100
MOST_UNCONFIRMED = 5
"""So many requests to confirm go to an address in a day: nobody can have others flooded with them."""

ONLY_ONCE_A_DAY = frozenset({"service", "district"})
"""Where much happens, the day's news come together."""


class Subject(NamedTuple):
    """Something that can be followed."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """Somebody who wants to hear of a subject, at an address that is only used once they confirmed it.

    `every` is how long news are gathered; none: each is told at once.
    """

    id: UUID
    subject: Subject
    jurisdiction_id: str
    contributor: str
    email: str
    language: str
    every: timedelta
    created_at: datetime
    confirmed_at: datetime | None = None


OWN = ("request-opened", "proposal-published")
"""No news to those who follow the thing itself."""


class News(NamedTuple):
    """What happened to a thing; `subjects` are those by whose followers it is news."""

    event: str
    about: Subject
    at: datetime
    subjects: tuple[Subject, ...]
    telling: dict[str, Any]


class NoSuchFollow(LookupError):
    """There is no such subscription, or it belongs to somebody else."""


class NoSuchSubject(LookupError):
    """What should be followed is not here."""


class NoMail(Exception):
    """This installation sends no e-mail."""


class TooManyUnconfirmed(Exception):
    """The address has been asked often enough today."""


class _Kind(NamedTuple):
    event: str
    about: str
    id: str
    at: str
    telling: tuple[str, ...] = ()


KINDS: dict[type[Contract], _Kind] = {
    RequestOpened: _Kind("request-opened", "request", "request_id", "opened_at"),
    RequestAcknowledged: _Kind("request-acknowledged", "request", "request_id", "acknowledged_at"),
    RequestProgressed: _Kind("request-progressed", "request", "request_id", "progressed_at", ("state",)),
    RequestAnswered: _Kind("request-answered", "request", "request_id", "answered_at"),
    RequestClosed: _Kind("request-closed", "request", "request_id", "closed_at", ("resolution",)),
    RequestReopened: _Kind("request-reopened", "request", "request_id", "reopened_at"),
    ProposalPublished: _Kind("proposal-published", "proposal", "proposal_id", "given_at"),
    ProposalQualified: _Kind("proposal-qualified", "proposal", "proposal_id", "qualified_at", ("decision_due_at",)),
    ProposalDecided: _Kind("proposal-decided", "proposal", "proposal_id", "decided_at", ("decision",)),
    ProposalMerged: _Kind("proposal-merged", "proposal", "proposal_id", "merged_at"),
    MilestoneReached: _Kind("milestone-reached", "proposal", "proposal_id", "reached_at"),
    ProposalDelivered: _Kind("proposal-delivered", "proposal", "proposal_id", "delivered_at"),
    ConsultationOpened: _Kind("consultation-opened", "consultation", "consultation_id", "opens_at", ("closes_at",)),
    ConsultationClosed: _Kind("consultation-closed", "consultation", "consultation_id", "closed_at"),
    BudgetOpened: _Kind("budget-opened", "budget", "budget_id", "opens_at", ("closes_at",)),
    BudgetDecided: _Kind("budget-decided", "budget", "budget_id", "decided_at"),
    CallOpened: _Kind("call-opened", "call", "call_id", "opened_at"),
}
"""What is news, by the contract that tells it; the rest of what happens is not told by e-mail."""


def news(event: Contract) -> News | None:
    """What there is to tell of an event; None where there is nothing."""
    kind = KINDS.get(type(event))
    if kind is None or not isinstance(event, FeedbackEvent):
        return None
    about = Subject(kind.about, getattr(event, kind.id))
    wider = [Subject("service", event.service_id)]
    if event.district_id is not None:
        wider.append(Subject("district", event.district_id))
    telling = {name: _plain(getattr(event, name)) for name in kind.telling}
    return News(kind.event, about, getattr(event, kind.at), (about, *wider), telling)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def is_fresh(news: News, now: datetime | None = None) -> bool:
    """Whether it is recent enough to tell."""
    return news.at > (now or datetime.now(UTC)) - OLD_NEWS
