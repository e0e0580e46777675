"""What callers say of a service request, and what they are told."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from shared.text import EntityId, Line, Prose, Storable


def _written_out(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("must be text such as 2026-05-04T10:30:00Z")
    return value


Time = Annotated[AwareDatetime, BeforeValidator(_written_out)]
"""A time with its zone, in RFC 3339; numbers are not taken for seconds since 1970."""

Latitude = Annotated[float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False)]
AnswerText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000), Storable]


class RequestInput(BaseModel):
    """A service request, as a citizen makes it."""

    service_id: EntityId
    description: Prose | None = None
    district_id: EntityId | None = Field(default=None, description="Where; a district of the service's jurisdiction")
    latitude: Latitude | None = Field(default=None, description="Degrees, WGS 84")
    longitude: Longitude | None = None
    address: Line | None = None
    channel: Line | None = Field(default=None, description="By which way it came, such as web or app")
    campaign: Line | None = Field(default=None, description="What made them think of it, such as the name of a poster")

    @model_validator(mode="after")
    def _both_coordinates(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude belong together")
        return self


class RequestView(BaseModel):
    """A service request, as anybody may see it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    jurisdiction_id: str
    service_id: str
    district_id: str | None
    status: Literal["open", "closed"]
    resolution: str | None
    description: str | None
    address: str | None
    latitude: float | None
    longitude: float | None
    channel: str | None
    campaign: str | None
    opened_at: datetime
    due_at: datetime | None
    answer_due_at: datetime | None
    acknowledged_at: datetime | None
    first_answered_at: datetime | None
    closed_at: datetime | None


class RequestReceipt(RequestView):
    """A request just made, with the token that proves who made it."""

    receipt_token: str


class AnswerView(BaseModel):
    """A public answer; `text` is null where it was given outside of this platform."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    text: str | None


class RequestDetail(RequestView):
    """A request with its public answers, the oldest first."""

    answers: list[AnswerView]


class Nearby(BaseModel):
    """A place, and how far around it to look."""

    service_id: EntityId
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    radius: Annotated[float, Field(gt=0, le=5_000, description="Metres")] = 100


class NearbyView(RequestView):
    """An open request, and how far it is."""

    metres: int


class StepInput(BaseModel):
    """What happens to a request."""

    status: Literal["acknowledged", "answered", "closed", "reopened"]
    resolution: Literal["resolved", "duplicate", "invalid", "declined"] | None = Field(
        default=None, description="How it was closed; with `closed`, and only with it"
    )
    answer: AnswerText | None = Field(default=None, description="A public answer; with `answered` or `closed`")
    at: Time | None = Field(default=None, description="When it happened; now, if absent")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.status == "closed") != (self.resolution is not None):
            raise ValueError("a resolution belongs to 'closed', and only to it")
        if self.answer is not None and self.status not in ("answered", "closed"):
            raise ValueError("an answer belongs to 'answered' or 'closed'")
        return self
