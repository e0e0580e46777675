"""What goes out over HTTP, beside the entities themselves."""

from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field

T = TypeVar("T")


class ListPage(BaseModel, Generic[T]):
    """One page of a list that can be searched."""

    items: list[T]
    next: str | None
    facets: dict[str, dict[str, int]] = Field(
        default={}, description="Where asked for: entities by value of each facet"
    )
    spelling: dict[str, list[str]] = Field(default={}, description="What words of `q` that nobody uses were taken for")


class EntityVersion(BaseModel):
    """One version of an entity: what it was, since when, by whom and why."""

    version: int
    changed_at: datetime
    changed_by: str
    reason: str
    entity: dict[str, Any]
