"""A district: a part of its jurisdiction."""

from dataclasses import dataclass

from services.catalog.entities.domain import LocalEntity


@dataclass(frozen=True, kw_only=True)
class District(LocalEntity):
    """A part of a jurisdiction. `population` is its inhabitants, None where unknown."""

    population: int | None = None
