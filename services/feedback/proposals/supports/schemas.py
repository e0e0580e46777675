"""What callers say of a support, and what they are told."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel

from services.feedback.proposals.domain import Proposal
from services.feedback.proposals.schemas import Campaign, Channel
from services.feedback.proposals.supports.domain import Support


class SupportInput(BaseModel):
    """A support: nothing need be said with it."""

    channel: Channel = None
    campaign: Campaign = None


class SupportView(BaseModel):
    """Where a proposal stands with or without the caller's support."""

    proposal_id: UUID
    supported: bool
    given_at: datetime | None
    supports: int
    supports_needed: int | None
    state: str

    @classmethod
    def of(cls, proposal: Proposal, support: Support | None) -> Self:
        return cls(
            proposal_id=proposal.id,
            supported=support is not None,
            given_at=None if support is None else support.given_at,
            supports=proposal.supports,
            supports_needed=proposal.supports_needed,
            state=proposal.state,
        )
