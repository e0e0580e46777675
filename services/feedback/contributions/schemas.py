"""What callers say of a contribution, and what they are told."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from services.feedback.media.schemas import MediaIds, PictureView
from services.feedback.money import Currency
from services.feedback.requests.schemas import AnswerText
from shared.text import ADDRESSABLE, NOT_IN_ADDRESSES, WHOLE, EntityId, Line, Prose, Storable, WebAddress
from shared.times import Time

FormName = Literal["hours", "data", "skills", "goods", "money"]
State = Literal["pledged", "made", "verified", "refused", "withdrawn"]

MOST = 10**12
"""Of one contribution: sums of millions of these still fit into 64 bits."""

Amount = Annotated[
    int,
    Field(
        strict=True, ge=1, le=MOST,
        description="Minutes of hours and skills, cents or what is the currency's minor unit of money, else pieces",
    ),
    WHOLE,
]  # fmt: skip


Licence = Annotated[
    str,
    StringConstraints(
        pattern=rf"^([A-Za-z0-9.+-]{{1,64}}|https?://[^{NOT_IN_ADDRESSES}/]{ADDRESSABLE}*)$", max_length=2_000
    ),
    Storable,
]


class DataSet(BaseModel):
    """A data set that is given."""

    title: Line
    licence: Licence | None = Field(default=None, description="An SPDX id such as CC0-1.0, or the address of its text")
    address: WebAddress | None = Field(default=None, description="Where it can be had")


class PledgeInput(BaseModel):
    """A contribution, as a citizen promises it. Money is recorded only: nothing is paid by this."""

    service_id: EntityId
    form: FormName
    amount: Amount | None = Field(default=None, description="Needed for hours and money")
    currency: Currency | None = Field(default=None, description="ISO 4217; with money, and only with it")
    description: Prose | None = None
    data_set: DataSet | None = Field(default=None, description="With data, and only with it")
    due_at: Time | None = Field(
        default=None, description="Until when they mean to have done it; 90 days from now, if absent"
    )
    district_id: EntityId | None = Field(default=None, description="Where; a district of the service's jurisdiction")
    call_id: UUID | None = Field(default=None, description="A call that it answers, of the same service")
    proposal_id: UUID | None = Field(default=None, description="A proposal that it helps to carry out")
    channel: Line | None = Field(default=None, description="By which way it came, such as web or app")
    campaign: Line | None = Field(default=None, description="What made them think of it, such as the name of a poster")
    media: MediaIds = []

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.form == "money") != (self.currency is not None):
            raise ValueError("a currency belongs to 'money', and only to it")
        if (self.form == "data") != (self.data_set is not None):
            raise ValueError("a data_set belongs to 'data', and only to it")
        if self.form in ("hours", "money") and self.amount is None:
            raise ValueError(f"an amount of {self.form} is needed")
        return self


class MadeInput(BaseModel):
    """What a contributor says of what they did."""

    amount: Amount | None = Field(default=None, description="How much came of it; what was pledged, if absent")
    evidence: Prose | None = Field(default=None, description="How it can be seen")
    evidence_address: WebAddress | None = Field(default=None, description="Where it can be seen")
    media: MediaIds = []


class VerificationInput(BaseModel):
    """What staff confirms."""

    amount: Amount | None = Field(default=None, description="At most what was made; all of it, if absent")


class RefusalInput(BaseModel):
    """Why staff does not confirm it."""

    reason: AnswerText = Field(description="Everybody can read it")


class ContributionView(BaseModel):
    """A contribution. Others than its giver and staff see it with personal data masked, and no text once hidden."""

    id: UUID
    jurisdiction_id: str
    service_id: str
    district_id: str | None
    call_id: UUID | None
    proposal_id: UUID | None
    form: FormName
    state: State
    overdue: bool = Field(description="It was to be made before now, and is not")
    amount: int | None
    currency: str | None
    currency_digits: int | None = Field(description="How many digits of an amount stand behind the point")
    made_amount: int | None
    verified_amount: int | None
    verified_by: Literal["staff", "peers"] | None
    confirmations: int = Field(description="How many peers confirmed it")
    description: str | None
    data_set: DataSet | None
    evidence: str | None
    evidence_address: str | None
    media: list[PictureView]
    refusal: str | None
    channel: str | None
    campaign: str | None
    given_at: datetime
    due_at: datetime
    made_at: datetime | None
    verified_at: datetime | None
    refused_at: datetime | None
    withdrawn_at: datetime | None
    hidden: bool


class ContributionReceipt(ContributionView):
    """A contribution just pledged, with the token that proves who gave it."""

    receipt_token: str


class Total(BaseModel):
    """What was given of one form, and of money in one currency. What was withdrawn is in none of the figures.

    Amounts are in the unit of the form; `pledged` is all that was promised, also where it was made or refused since.
    """

    form: FormName
    currency: str | None
    currency_digits: int | None
    contributions: int
    pledged: int
    made: int
    verified: int
    overdue: int = Field(description="How many pledges are overdue")


class Totals(BaseModel):
    """What was given, by form and currency."""

    totals: list[Total]
