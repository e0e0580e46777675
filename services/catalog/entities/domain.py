"""What an entity of the catalogue is, and how it changes: every change is a version with who, when and why."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

ID_LENGTH = 63


class FixedJurisdiction(ValueError):
    """An entity stays in the jurisdiction that it was made in: what was counted for it was counted there."""


class NamelessId(ValueError):
    """A name without a letter or digit that an id can have."""


@dataclass(frozen=True, kw_only=True)
class Entity:
    """Something that the catalogue keeps. Versions count from 1."""

    id: str
    name: str
    version: int
    changed_at: datetime

    def revised(self, fields: Mapping[str, Any], at: datetime) -> Self:
        """The next version, with these fields; this one if nothing differs."""
        changed = replace(self, **fields)
        return self if changed == self else replace(changed, version=self.version + 1, changed_at=at)


@dataclass(frozen=True, kw_only=True)
class LocalEntity(Entity):
    """An entity of one jurisdiction, for good. `revised` raises FixedJurisdiction."""

    jurisdiction_id: str

    def revised(self, fields: Mapping[str, Any], at: datetime) -> Self:
        if fields["jurisdiction_id"] != self.jurisdiction_id:
            raise FixedJurisdiction(f"{self.id} belongs to {self.jurisdiction_id} and cannot move")
        return super().revised(fields, at)


@dataclass(frozen=True)
class Change:
    """Who changes something, when, and why."""

    by: str
    at: datetime
    reason: str


def id_from_name(name: str, jurisdiction_id: str | None) -> str:
    """An id for what is called `name`: `boston.bed-bugs` for "Bed Bugs" of boston. Raises NamelessId."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    slug = re.sub("[^a-z0-9]+", "-", plain).strip("-")
    if not slug:
        raise NamelessId(f"no id can be derived from the name {name!r}")
    whole = f"{jurisdiction_id}.{slug}" if jurisdiction_id else slug
    return whole[:ID_LENGTH].rstrip("-._")


def merge_patch(fields: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """JSON Merge Patch (RFC 7396) of fields that hold no objects: null takes a field away."""
    return {name: value for name, value in {**fields, **patch}.items() if value is not None}
