"""A service: its state, who is responsible for it, and in what time it means to answer and to be done."""

from dataclasses import dataclass
from enum import StrEnum

from services.catalog.entities.domain import LocalEntity


class Status(StrEnum):
    """Where a service is in its life. It is never deleted: what citizens gave for it stays counted."""

    DRAFT = "draft"
    PILOT = "pilot"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    RETIRED = "retired"


@dataclass(frozen=True, kw_only=True)
class Service(LocalEntity):
    """What a city does for its citizens. Targets are in seconds, None where there is none."""

    status: Status
    description: str = ""
    organisation_id: str | None = None
    focal_area: str | None = None
    resolution_target: int | None = None
    first_answer_target: int | None = None
    target_source: str | None = None
