"""What staff is told of addresses."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from services.feedback.fetching.domain import Reason, State


class AddressView(BaseModel):
    """The address of a picture as a client sent it, and what became of it."""

    url: str
    note_id: UUID | None = Field(description="The note that it came with")
    answer_id: UUID | None = Field(description="The answer that it came with; both null: it came with the request")
    state: State
    reason: Reason | None = Field(description="Why the last attempt brought no picture")
    attempts: int
    due_at: datetime | None = Field(description="When it is tried next; null: no more")
