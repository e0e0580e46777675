"""What callers say of a rating, and what they are told."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.text import EntityId, Line, Prose

Value = Annotated[int, Field(strict=True, ge=1, le=5, description="1 (worst) to 5 (best)")]


class RatingInput(BaseModel):
    """A rating, as a citizen gives it."""

    service_id: EntityId
    value: Value
    district_id: EntityId | None = Field(default=None, description="Where; a district of the service's jurisdiction")
    comment: Prose | None = None
    channel: Line | None = Field(default=None, description="By which way it came, such as web or app")


class RatingView(BaseModel):
    """A rating, as anybody may see it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    jurisdiction_id: str
    service_id: str
    district_id: str | None
    value: int
    comment: str | None
    channel: str | None
    given_at: datetime
    state: Literal["current", "replaced", "withdrawn"]
    withdrawn_at: datetime | None


class RatingReceipt(RatingView):
    """A rating just given, with the token that proves who gave it."""

    receipt_token: str
