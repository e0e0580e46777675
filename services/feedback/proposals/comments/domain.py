"""A comment and its place in a thread."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.feedback.proposals.domain import DISCUSSED, Proposal, require_open

DEEPEST = 30
"""Answers to answers end somewhere: nobody follows more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What somebody said on a proposal. `contributor` is a pseudonym, None once they are erased.

    `path` holds the numbers, on this proposal, of the comments that lead to it, and its own.
    """

    id: UUID
    proposal_id: UUID
    contributor: str | None
    text: str | None
    given_at: datetime
    path: Sequence[int] = ()
    answers_id: UUID | None = None
    text_masked: str | None = None
    channel: str | None = None
    campaign: str | None = None
    withdrawn_at: datetime | None = None
    erased_at: datetime | None = None
    hidden_at: datetime | None = None

    @property
    def stands(self) -> bool:
        """Whether it says something still."""
        return self.withdrawn_at is None and self.erased_at is None


class NoSuchComment(LookupError):
    """There is no comment of this id."""


class UnknownAnswered(ValueError):
    """The comment to be answered is none on this proposal."""


class TooDeep(Exception):
    """The thread has as many levels as threads have here."""


class CommentGone(Exception):
    """The comment was withdrawn, erased or hidden."""


class NotTheCommenter(Exception):
    """The comment is somebody else's."""


def post(proposal: Proposal, comment: Comment, answered: Comment | None) -> tuple[Proposal, Comment]:
    """A comment takes its place. Raises WrongState, MergedElsewhere, IsHidden, CommentGone or TooDeep."""
    require_open(proposal, DISCUSSED, "commented on")
    above = _path_to(answered)
    number = proposal.comments_numbered + 1
    counted = replace(proposal, comments=proposal.comments + 1, comments_numbered=number)
    return counted, replace(comment, path=(*above, number))


def _path_to(answered: Comment | None) -> Sequence[int]:
    if answered is None:
        return ()
    if not answered.stands or answered.hidden_at is not None:
        raise CommentGone(f"comment {answered.id} says nothing any more")
    if len(answered.path) >= DEEPEST:
        raise TooDeep(f"comment {answered.id} is the {DEEPEST}th level of its thread: answer one further up")
    return answered.path


def withdraw(comment: Comment, now: datetime) -> Comment:
    """Its giver takes it back: it says nothing any more, and keeps its place. Raises CommentGone."""
    if not comment.stands:
        raise CommentGone(f"comment {comment.id} was withdrawn or erased before")
    return replace(comment, text=None, text_masked=None, withdrawn_at=max(now, comment.given_at))


def erase(comment: Comment, now: datetime) -> Comment:
    """What is left of a comment when its giver is erased: its place."""
    return replace(
        comment,
        contributor=None,
        text=None,
        text_masked=None,
        channel=None,
        campaign=None,
        erased_at=max(now, comment.given_at),
    )
