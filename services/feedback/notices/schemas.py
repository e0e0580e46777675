"""What callers say of a subscription, and what they are told."""

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, EmailStr, Field, StringConstraints, model_validator

from services.feedback.notices.domain import Follow, SubjectKind
from shared.text import EntityId

Every = Literal["at once", "day", "week"]
PERIODS: dict[str, timedelta] = {"at once": timedelta(0), "day": timedelta(days=1), "week": timedelta(weeks=1)}

LongId = Annotated[str, StringConstraints(max_length=63)]


class FollowInput(BaseModel):
    """Something to follow, and where to."""

    subject_kind: SubjectKind
    subject_id: UUID | EntityId = Field(description="The id of the request, proposal, service or district")
    email: Annotated[EmailStr, StringConstraints(max_length=254)]
    every: Every | None = Field(
        default=None, description="How long news are gathered; services and districts: at least a day, which is usual"
    )
    language: Literal["en", "es"] = "en"

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.subject_kind in ("request", "proposal")) != isinstance(self.subject_id, UUID):
            raise ValueError(f"subject_id is no id of a {self.subject_kind}")
        if self.subject_kind in ("service", "district") and self.every == "at once":
            raise ValueError("what happens at a service or in a district is gathered for a day at least")
        return self

    @property
    def period(self) -> timedelta:
        usual = "day" if self.subject_kind in ("service", "district") else "at once"
        return PERIODS[self.every or usual]


class FollowView(BaseModel):
    """A subscription, as its owner sees it."""

    id: UUID
    subject_kind: SubjectKind
    subject_id: str
    email: str
    every: Every
    language: str
    created_at: datetime
    confirmed_at: datetime | None


class FollowReceipt(FollowView):
    """A subscription just made, with the token that proves who made it."""

    receipt_token: str


def view(follow: Follow) -> FollowView:
    every = next(name for name, period in PERIODS.items() if period == follow.every)
    return FollowView.model_validate(
        {
            "id": follow.id,
            "subject_kind": follow.subject.kind,
            "subject_id": follow.subject.id,
            "email": follow.email,
            "every": every,
            "language": follow.language,
            "created_at": follow.created_at,
            "confirmed_at": follow.confirmed_at,
        }
    )
