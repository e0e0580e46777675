"""What callers say of a rating, and what they are told."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.feedback import Aspect
from shared.text import WHOLE, EntityId, Line, Prose

Value = Annotated[int, Field(strict=True, ge=1, le=5, description="1 (worst) to 5 (best)"), WHOLE]


Aspects = Annotated[
    dict[Aspect, Value],
    Field(description="What stands behind the rating, after SERVQUAL's five dimensions: each 1 (worst) to 5 (best)"),
]


class Judgement(BaseModel):
    """What a rating says."""

    value: Value
    comment: Prose | None = None
    channel: Line | None = Field(default=None, description="By which way it came, such as web or app")
    campaign: Line | None = Field(default=None, description="What made them think of it, such as the name of a poster")
    aspects: Aspects | None = None

    def judged_aspects(self) -> dict[str, int] | None:
        """The aspects by their names; None where there are none."""
        return {str(name): value for name, value in self.aspects.items()} if self.aspects else None


class RatingInput(Judgement):
    """A rating, as a citizen gives it."""

    service_id: EntityId
    district_id: EntityId | None = Field(default=None, description="Where; a district of the service's jurisdiction")
    request_id: UUID | None = Field(default=None, description="A closed request that they made, of the same service")


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
    campaign: str | None
    aspects: dict[Aspect, int] | None
    request_id: UUID | None
    given_at: datetime
    state: Literal["current", "replaced", "withdrawn"]
    withdrawn_at: datetime | None
    hidden: bool = Field(default=False, description="Whether moderation keeps its comment from the public")


class RatingReceipt(RatingView):
    """A rating just given, with the token that proves who gave it."""

    receipt_token: str
