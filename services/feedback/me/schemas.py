"""What somebody is told of all that they gave."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from services.feedback.me.store import Erasure
from services.feedback.ratings.schemas import RatingView
from services.feedback.requests.schemas import RequestView
from shared.text import BLANK, Line, Prose, Storable


class AccountView(BaseModel):
    """The account of whoever is signed in, as their provider tells of it."""

    model_config = ConfigDict(from_attributes=True)

    issuer: str
    subject: str
    email: str | None
    language: str | None
    created_at: datetime


class ReceiptInput(BaseModel):
    """A receipt token whose input is to be joined to the account."""

    receipt_token: Annotated[str, StringConstraints(min_length=1, max_length=100), Storable]


class ContactInput(BaseModel):
    """Who can be asked back."""

    email: Annotated[Line, StringConstraints(pattern=rf"^[^@{BLANK}]+@[^@{BLANK}]+\.[^@{BLANK}]+$")] | None = None
    phone: Line | None = None
    first_name: Line | None = None
    last_name: Line | None = None


class RequestCorrection(BaseModel):
    """What is to be otherwise; what is not named stays, and null takes it away. A contact is replaced as a whole."""

    description: Prose | None = None
    address: Line | None = None
    contact: ContactInput | None = None


class RatingCorrection(BaseModel):
    """The comment as it is to be; null takes it away."""

    comment: Prose | None


class CorrectionView(BaseModel):
    """What a request said until its giver corrected it."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    description: str | None
    address: str | None
    contact: dict[str, str]


class Mine(BaseModel):
    """What a contributor gave, the newest first: requests, ratings that count, and other kinds by their names."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, list[dict[str, Any]]]

    account: AccountView | None
    requests: list[RequestView]
    ratings: list[RatingView]


class ErasureView(BaseModel):
    """How far an erasure has come."""

    id: UUID
    state: Literal["under_way", "done"]
    asked_at: datetime
    inputs: int
    done_at: datetime | None

    @classmethod
    def of(cls, erasure: Erasure) -> "ErasureView":
        return cls(state="under_way" if erasure.done_at is None else "done", **erasure._asdict())
