"""What comes in and goes out over HTTP, for every kind of entity."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from shared.text import EntityId, Line, Prose

Inhabitants = Annotated[int, Field(strict=True, ge=0, le=100_000_000_000)]


class EntityInput(BaseModel):
    """What a caller says of an entity."""

    model_config = ConfigDict(extra="forbid")

    id: EntityId | None = Field(default=None, description="Chosen once; derived from the name where it is left out")
    name: Line
    reason: Prose = Field(default="", description="Why this is changed; kept with the version")

    def fields(self) -> dict[str, Any]:
        """The entity's fields, without what is said about the change."""
        return self.model_dump(exclude={"id", "reason"})


class LocalInput(EntityInput):
    """What a caller says of an entity of one jurisdiction."""

    jurisdiction_id: EntityId


class EntityVersion(BaseModel):
    """One version of an entity: what it was, since when, by whom and why."""

    version: int
    changed_at: datetime
    changed_by: str
    reason: str
    entity: dict[str, Any]
