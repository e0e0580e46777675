"""A change that somebody suggests to the author of a proposal, who accepts or rejects it."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.feedback.proposals.domain import UNDECIDED, Change, Proposal, Wording, require_open, reworded


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """A wished-for wording; what is None would stay as it was in version `base_version`.

    Why, and by whom, stands in the comment of the same id. `version` is the one that accepting it made.
    """

    id: UUID
    proposal_id: UUID
    base_version: int
    title: str | None
    text: str | None
    title_masked: str | None = None
    text_masked: str | None = None
    state: str = "open"
    answered_at: datetime | None = None
    reply: str | None = None
    reply_masked: str | None = None
    version: int | None = None


class NoSuchAmendment(LookupError):
    """The proposal has no suggested change of this id."""


class NotOpen(Exception):
    """The suggested change was answered or withdrawn before."""


class Outdated(Exception):
    """The proposal was amended since the change was suggested."""


class OwnAmendment(Exception):
    """Authors amend their proposals themselves."""


def suggest(proposal: Proposal, amendment: Amendment, contributor: str) -> Amendment:
    """A change to the present version. Raises WrongState, MergedElsewhere, IsHidden or OwnAmendment."""
    require_open(proposal, UNDECIDED, "amended")
    if proposal.contributor == contributor:
        raise OwnAmendment(f"proposal {proposal.id} is your own: amend it")
    return replace(amendment, base_version=proposal.version)


def answer(
    amendment: Amendment, reply: str | None, reply_masked: str | None, *, version: int | None, at: datetime
) -> Amendment:
    """The author accepts it, which made a version, or rejects it. Raises NotOpen."""
    require_unanswered(amendment)
    state = "rejected" if version is None else "accepted"
    return replace(amendment, state=state, reply=reply, reply_masked=reply_masked, version=version, answered_at=at)


def require_unanswered(amendment: Amendment) -> None:
    """Raises NotOpen."""
    if amendment.state != "open":
        raise NotOpen(f"suggested change {amendment.id} is {amendment.state}")


def change(proposal: Proposal, amendment: Amendment, own: Change) -> Change:
    """What accepting it changes, where the author's `own` words come before those suggested. Raises Outdated."""
    if amendment.base_version == proposal.version:
        suggested = Change(amendment.title, amendment.text, amendment.title_masked, amendment.text_masked)
        words = Wording(suggested.title or "", suggested.text or "", suggested.title_masked, suggested.text_masked)
        both = reworded(words, own)
        return Change(both.title or None, both.text or None, both.title_masked, both.text_masked)
    if own == Change():
        detail = f"it was suggested for version {amendment.base_version}, and this is {proposal.version}"
        raise Outdated(f"{detail}: accept it in words of your own")
    return own
