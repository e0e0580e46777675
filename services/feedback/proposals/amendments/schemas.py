"""What callers say of suggested changes, and what they are told."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from services.feedback.proposals.amendments.domain import Amendment
from services.feedback.proposals.comments.domain import Comment
from services.feedback.proposals.schemas import AmendInput, Campaign, Channel, LongText, Title
from services.feedback.requests.schemas import AnswerText


class SuggestInput(AmendInput):
    """Another wording that somebody suggests to the author; what is absent would stay."""

    channel: Channel = None
    campaign: Campaign = None


class SuggestionAnswer(BaseModel):
    """What the author makes of it; a change can be accepted in other words."""

    accepted: bool = Field(strict=True)
    reply: AnswerText | None = None
    title: Title | None = None
    text: LongText | None = None

    @model_validator(mode="after")
    def _words_to_accept(self) -> Self:
        if not self.accepted and (self.title is not None or self.text is not None):
            raise ValueError("a wording belongs to accepting")
        return self


class SuggestionView(BaseModel):
    """A suggested change, discussed beneath the comment of the same id, which says why."""

    id: UUID
    proposal_id: UUID
    base_version: int = Field(description="The version that it is a change to")
    title: str | None
    text: str | None
    why: str | None
    state: Literal["open", "accepted", "rejected", "withdrawn"]
    given_at: datetime
    answered_at: datetime | None
    reply: str | None
    version: int | None = Field(description="The version that accepting it made")
    hidden: bool

    @classmethod
    def of(cls, amendment: Amendment, comment: Comment, *, original: bool) -> Self:
        hidden = comment.hidden_at is not None
        shown = original or not hidden
        title, text = (
            (amendment.title, amendment.text)
            if original
            else (amendment.title_masked or amendment.title, amendment.text_masked or amendment.text)
        )
        return cls(
            id=amendment.id,
            proposal_id=amendment.proposal_id,
            base_version=amendment.base_version,
            title=title if shown else None,
            text=text if shown else None,
            why=comment.text if original else None if hidden else comment.text_masked or comment.text,
            state=amendment.state,
            given_at=comment.given_at,
            answered_at=amendment.answered_at,
            reply=amendment.reply_masked or amendment.reply,
            version=amendment.version,
            hidden=hidden,
        )


class SuggestionReceipt(SuggestionView):
    """A change just suggested, with the token that proves who did."""

    receipt_token: str
