"""What is said and told of a service's life."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.catalog.lifecycle.domain import Status
from shared.text import Written
from shared.times import Time


class TransitionInput(BaseModel):
    """Into which state a service shall come, why, and from when on; at once where no time is said."""

    model_config = ConfigDict(extra="forbid")

    status: Status
    reason: Written
    effective_at: Time | None = None


class TransitionView(BaseModel):
    """A transition that was planned, and what became of it: `note` says why it was refused."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    status: Status
    reason: str
    planned_by: str
    planned_at: datetime
    effective_at: datetime
    state: str
    settled_at: datetime | None
    note: str


class StepView(BaseModel):
    """A state that the service came into, with which version, when, by whom and why."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    at: datetime
    by: str
    reason: str
    before: Status | None
    status: Status


class LifecycleView(BaseModel):
    """A service's state, which may follow, what has been, and what is planned."""

    status: Status
    following: list[Status]
    history: list[StepView]
    transitions: list[TransitionView]
