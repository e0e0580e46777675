"""What callers are told of a service."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class ServiceView(BaseModel):
    """The copy of a service that input is taken by; `version` is the catalogue's."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    jurisdiction_id: str
    name: str
    status: str
    version: int
    changed_at: datetime
    description: str
    organisation_id: str | None
    focal_area: str | None
    resolution_target: int | None
    first_answer_target: int | None
    target_source: str | None
