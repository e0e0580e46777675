"""What callers say of merging."""

from uuid import UUID

from pydantic import BaseModel, Field


class MergeInput(BaseModel):
    """Where a proposal is to go on."""

    into_id: UUID = Field(description="Another proposal for the same service")


class OfferAnswer(BaseModel):
    """Whether the author of the other proposal agrees."""

    accepted: bool = Field(strict=True)
