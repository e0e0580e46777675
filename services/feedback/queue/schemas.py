"""What staff says of work, and what they are told."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from services.feedback.fetching.schemas import AddressView
from services.feedback.notes.schemas import PrivateNoteView
from services.feedback.queue.domain import Priority
from services.feedback.requests.schemas import AnswerView, GivenState, RequestView
from shared.text import EntityId, Line


class Queue(BaseModel):
    """Which open requests, all of these at once."""

    jurisdiction_id: EntityId
    service_id: EntityId | None = None
    district_id: EntityId | None = None
    state: GivenState | None = None
    assignee: Line | None = None
    organisation_id: EntityId | None = None
    unassigned: bool = Field(default=False, description="Neither to somebody nor to an organisation")
    priority: Priority | None = None
    overdue: bool = Field(default=False, description="Due before now")
    answer_overdue: bool = Field(default=False, description="Without an answer that was due before now")
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    radius: Annotated[float, Field(gt=0, le=50_000, description="Metres around latitude and longitude")] = 1_000

    @model_validator(mode="after")
    def _both_coordinates(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude belong together")
        return self


class QueuePage(Queue):
    """One page of a queue."""

    limit: Annotated[int, Field(ge=1, le=1_000, description="Most items of a page")] = 100
    cursor: Annotated[str | None, Field(max_length=1_000, description="The `next` of the page before")] = None


class WorkView(RequestView):
    """A request, as staff sees it."""

    priority: Priority
    assignee: str | None
    organisation_id: str | None
    overdue: bool
    answer_overdue: bool


class Assigned(BaseModel):
    """Who was given a request, with which priority, and by whom."""

    at: datetime
    author: str
    assignee: str | None
    organisation_id: str | None
    priority: Priority


class WorkDetail(WorkView):
    """All that staff needs to do something about a request. `contact` is what its reporter left to be asked back."""

    answers: list[AnswerView]
    notes: list[PrivateNoteView]
    addresses: list[AddressView]
    history: list[Assigned]
    contact: dict[str, str]
    attributes: dict[str, Any]
    duplicates: list[UUID]


class WorkInput(BaseModel):
    """What changes; what is not named stays."""

    assignee: Line | None = Field(
        default=None, description="The name of a key, or whatever handle you use; null: nobody"
    )
    organisation_id: EntityId | None = Field(default=None, description="A unit of the catalogue; null: none")
    priority: Priority = "normal"

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("says nothing")
        return self


class Count(BaseModel):
    """How many requests are in a part of a queue; `value` is null for those that are in none."""

    value: str | None
    open: int


class Counts(BaseModel):
    """How much is to be done."""

    open: int
    unassigned: int
    overdue: int
    answer_overdue: int
    by_service: list[Count]
    by_district: list[Count]
    by_state: list[Count]
    by_priority: list[Count]
    by_assignee: list[Count]
    by_organisation: list[Count]
