"""A case: what was flagged, what staff decided of it and why, and the appeal of whoever gave it."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

FLAG_REASONS = (
    "personal-data", "insult", "hate", "threat", "spam", "illegal", "off-topic", "false", "impersonation", "other",
)  # fmt: skip
"""Why somebody flags a thing."""

AUTOMATIC_REASONS = ("personal-data", "mixed-scripts", "copies", "burst")
"""Why a rule does."""

DECISION_REASONS = (*FLAG_REASONS, "copies", "within-the-rules")
"""Why staff decides as it does."""

MOST_ANONYMOUS = 10
"""Flags of a case for a reason that are kept one by one where nobody says who they are; of more, how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that was flagged of one thing. It waits for staff since `waiting_since`, if it does."""

    id: UUID
    kind: str
    item_id: UUID
    jurisdiction_id: str
    service_id: str
    contributor: str | None
    state: str
    opened_at: datetime
    waiting_since: datetime | None
    decision: str | None = None
    reason: str | None = None
    explanation: str | None = None
    decided_at: datetime | None = None
    appeal: str | None = None
    appealed_at: datetime | None = None

    @property
    def may_appeal(self) -> bool:
        """Whether its giver can object: once, where something was hidden or changed."""
        return self.state == "decided" and self.decision in ("hide", "redact") and self.appealed_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What staff decides: `hide`, `keep`, or `redact` with the texts that the public reads from now on."""

    decision: str
    reason: str
    explanation: str | None
    author: str
    at: datetime


class NoSuchCase(LookupError):
    """There is no case of this id."""


class NoSuchInput(LookupError):
    """There is nothing of this kind and id that the public sees."""


class NotYourCase(Exception):
    """It is about what somebody else gave."""


class NoAppeal(Exception):
    """There is nothing to appeal against, or there was an appeal."""


class UnfitTexts(ValueError):
    """The texts are none that the input has."""


def flagged(case: Case, new_reason: bool, at: datetime) -> Case:
    """The case after another flag: what was kept is looked at again where the reason is a new one."""
    if case.waiting_since is not None or case.decision == "hide" or not new_reason:
        return case
    return replace(case, state="open", waiting_since=at)


def decide(case: Case, decision: Decision) -> Case:
    """The case once staff has decided: for good, if upon an appeal."""
    return replace(
        case,
        state="settled" if case.appealed_at is not None else "decided",
        waiting_since=None,
        decision=decision.decision,
        reason=decision.reason,
        explanation=decision.explanation,
        decided_at=decision.at,
    )


def appeal(case: Case, text: str, at: datetime) -> Case:
    """The giver's objection, once, to a text that was hidden or changed. Raises NoAppeal."""
    if case.appealed_at is not None:
        raise NoAppeal("there was an appeal already")
    if not case.may_appeal:
        raise NoAppeal("nothing was hidden or changed")
    return replace(case, state="appealed", waiting_since=at, appeal=text, appealed_at=at)
