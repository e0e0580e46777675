"""What callers say in a comment, and what they are told."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field

from services.feedback.proposals.comments.domain import Comment
from services.feedback.proposals.schemas import Campaign, Channel
from services.feedback.requests.schemas import AnswerText


class CommentInput(BaseModel):
    """Something to say on a proposal."""

    text: AnswerText
    answers_id: UUID | None = Field(default=None, description="The comment on the same proposal that this one answers")
    channel: Channel = None
    campaign: Campaign = None


class CommentView(BaseModel):
    """A comment. One that was withdrawn, erased or hidden keeps its place, without its text."""

    id: UUID
    proposal_id: UUID
    answers_id: UUID | None
    depth: int = Field(description="0: it answers the proposal itself")
    text: str | None
    state: Literal["posted", "withdrawn", "erased"]
    hidden: bool
    by_author: bool = Field(description="The author of the proposal said it")
    given_at: datetime
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, comment: Comment, author: str | None, *, original: bool) -> Self:
        """As `original` for its giver and staff, else as the public may read it."""
        hidden = comment.hidden_at is not None
        public = None if hidden else comment.text_masked or comment.text
        return cls(
            id=comment.id,
            proposal_id=comment.proposal_id,
            answers_id=comment.answers_id,
            depth=len(comment.path) - 1,
            text=comment.text if original else public,
            state="erased" if comment.erased_at else "withdrawn" if comment.withdrawn_at else "posted",
            hidden=hidden,
            by_author=author is not None and comment.contributor == author,
            given_at=comment.given_at,
            withdrawn_at=comment.withdrawn_at,
        )


class CommentReceipt(CommentView):
    """A comment just made, with the token that proves who made it."""

    receipt_token: str
