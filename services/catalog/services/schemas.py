"""What callers say of a service."""

from typing import Annotated

from pydantic import Field

from services.catalog.entities.schemas import LocalInput
from services.catalog.services.domain import Status
from shared.contracts.durations import LONGEST
from shared.text import EntityId, Line, Prose

Target = Annotated[int, Field(strict=True, gt=0, le=LONGEST, description="Seconds from opening")]


class ServiceInput(LocalInput):
    """A service, as a caller describes it."""

    status: Status = Status.DRAFT
    description: Prose = ""
    organisation_id: EntityId | None = Field(default=None, description="Who is responsible; of this jurisdiction")
    focal_area: Line | None = None
    resolution_target: Target | None = None
    first_answer_target: Target | None = None
    target_source: Prose | None = Field(default=None, description="Where the targets come from")
