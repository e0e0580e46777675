"""Conditional requests (RFC 9110): the entity tag of an entity is its version."""

from typing import Annotated, Any

from fastapi import Header

from services.catalog.entities.domain import Entity
from shared.problems import Problem


def etag(version: int) -> str:
    """The tag of a version."""
    return f'"{version}"'


class IfMatch:
    """Dependency: what the caller believes to change. Without the header, it changes whatever is there."""

    def __init__(self, if_match: Annotated[str | None, Header(description="ETag of the version to change")] = None):
        self._wanted = None if if_match is None else {tag.strip() for tag in if_match.split(",")}

    def check(self, entity: Entity[Any] | None) -> None:
        """Raises a problem (412) unless `entity` is what the caller saw."""
        if self._wanted is None or (entity and self._wanted & {"*", etag(entity.version)}):
            return
        current = f"It is at version {entity.version}" if entity else "It does not exist"
        raise Problem(412, "stale", "This has changed since you read it", current)
