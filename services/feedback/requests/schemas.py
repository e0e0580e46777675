"""What callers say of a service request, and what they are told."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from services.feedback.media.schemas import MediaIds, PictureView
from services.feedback.requests.states import PROGRESS, RESOLUTIONS, spelt
from shared.text import EntityId, Line, Prose, Written
from shared.times import Time

Latitude = Annotated[float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False)]
State = Literal[
    "open", "acknowledged", "investigating", "in_progress", "action_scheduled", "internal_referral", "fixed", "closed",
    "duplicate", "no_further_action", "not_councils_responsibility", "invalid", "cancelled",
]  # fmt: skip
GivenState = Annotated[State, BeforeValidator(lambda value: spelt(value) if isinstance(value, str) else value)]
"""A state in any case, with spaces or hyphens for underscores."""

AnswerText = Written
NoteText = Written
Language = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$", max_length=35)]


BOTH_COORDINATES: dict[str, Any] = {"dependentRequired": {"latitude": ["longitude"], "longitude": ["latitude"]}}
"""What JSON Schema says of a place."""


class RequestInput(BaseModel):
    """A service request, as a citizen makes it."""

    model_config = ConfigDict(json_schema_extra={**BOTH_COORDINATES})

    service_id: EntityId
    description: Prose | None = None
    district_id: EntityId | None = Field(default=None, description="Where; a district of the service's jurisdiction")
    latitude: Latitude | None = Field(default=None, description="Degrees, WGS 84")
    longitude: Longitude | None = None
    address: Line | None = None
    channel: Line | None = Field(default=None, description="By which way it came, such as web or app")
    campaign: Line | None = Field(default=None, description="What made them think of it, such as the name of a poster")
    media: MediaIds = []

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
    state: State
    resolution: str | None
    duplicate_of: UUID | None
    split_from: UUID | None
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
    hidden: bool = Field(default=False, description="Whether moderation keeps its texts from the public")
    media: list[PictureView]


class RequestReceipt(RequestView):
    """A request just made, with the token that proves who made it."""

    receipt_token: str


class AnswerView(BaseModel):
    """A public answer; `text` is null where it was given outside of this platform, and while moderation hides it.

    `request_id` tells of a duplicate which answers were given to its original.
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: datetime
    text: str | None
    request_id: UUID
    hidden: bool = False
    media_urls: list[str] = Field(description="Addresses of pictures elsewhere, as they were sent and as far as shown")
    media: list[PictureView]


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

    status: Literal["acknowledged", "answered", "progressed", "closed", "reopened"]
    state: GivenState | None = Field(
        default=None, description="How far it has come, with `progressed`; how it ended, with `closed`"
    )
    resolution: Literal["resolved", "duplicate", "invalid", "declined"] | None = Field(
        default=None, description="How it was closed; with `closed` alone, where it may follow from the state"
    )
    answer: AnswerText | None = Field(
        default=None, description="A public answer; with `answered`, `progressed` or `closed`"
    )
    template: UUID | None = Field(default=None, description="The template of the answer, instead of an answer")
    language: Language | None = Field(default=None, description="That of the template; else the service's")
    at: Time | None = Field(default=None, description="When it happened; now, if absent")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.status == "closed" and self.resolution is None and self.state is not None:
            self.resolution = RESOLUTIONS.get(self.state)  # type: ignore[assignment]
        if (self.status == "closed") != (self.resolution is not None):
            raise ValueError("a resolution belongs to 'closed', and only to it")
        if not self._state_fits():
            raise ValueError("the state is none that the request can have then")
        if self.answer is not None and self.template is not None:
            raise ValueError("it is an answer or a template of one")
        if (self.answer or self.template) and self.status not in ("answered", "progressed", "closed"):
            raise ValueError("an answer belongs to 'answered', 'progressed' or 'closed'")
        return self

    def _state_fits(self) -> bool:
        if self.status == "progressed":
            return self.state in PROGRESS
        if self.status == "closed":
            return self.state is None or RESOLUTIONS.get(self.state) == self.resolution
        return self.state is None


class DuplicateInput(BaseModel):
    """What a request is a duplicate of."""

    of: UUID = Field(
        description="A request of the same jurisdiction; where it is a duplicate too, its original is meant"
    )


class SplitInput(BaseModel):
    """What else a request asked for."""

    service_id: EntityId = Field(description="A service of the same jurisdiction")
    description: Prose | None = Field(default=None, description="As the first one's, if absent")
    district_id: EntityId | None = Field(default=None, description="As the first one's, if absent")


class ReopenInput(BaseModel):
    """Why its giver wants a request reopened."""

    note: NoteText | None = Field(default=None, description="A public note")
