"""What staff says of a call, and what everybody is told."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.feedback.contributions.schemas import Amount, FormName
from services.feedback.money import Currency
from shared.text import EntityId, Line, Prose
from shared.times import Time


class CallInput(BaseModel):
    """A call, as staff opens it."""

    model_config = ConfigDict(json_schema_extra={"dependentRequired": {"amount": ["form"], "currency": ["form"]}})

    service_id: EntityId
    title: Line
    text: Prose | None = None
    form: FormName | None = Field(default=None, description="What is wanted; anything, if absent")
    amount: Amount | None = Field(default=None, description="How much is needed; only with `form`, in its unit")
    currency: Currency | None = Field(default=None, description="With money, and only with it")
    place: Line | None = Field(default=None, description="Where, in words")
    district_id: EntityId | None = Field(default=None, description="Where; a district of the service's jurisdiction")
    closes_at: Time | None = Field(default=None, description="Until when; within three years. Without it, staff closes")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.amount is not None and self.form is None:
            raise ValueError("an amount needs a form, which says in what it is counted")
        if (self.form == "money") != (self.currency is not None):
            raise ValueError("a currency belongs to 'money', and only to it")
        return self


class Progress(BaseModel):
    """How far a call has come. The amounts are in the unit of its form; null where it wants no form in particular."""

    model_config = ConfigDict(from_attributes=True)

    contributions: int = Field(description="How many were pledged and not withdrawn")
    pledged: int | None
    made: int | None
    verified: int | None


class CallView(BaseModel):
    """A call, as anybody may see it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    jurisdiction_id: str
    service_id: str
    district_id: str | None
    state: Literal["open", "closed"]
    title: str
    text: str | None
    form: FormName | None
    amount: int | None
    currency: str | None
    currency_digits: int | None = Field(description="How many digits of an amount stand behind the point")
    place: str | None
    opened_at: datetime
    closes_at: datetime | None
    closed_at: datetime | None
    progress: Progress
