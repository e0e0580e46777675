"""A jurisdiction: in which time zone its days begin, and how many people live there."""

from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

from services.catalog.entities.domain import Entity


@dataclass(frozen=True, kw_only=True)
class Jurisdiction(Entity):
    """A city. `time_zone` is a name of the IANA database, `population` None where unknown."""

    time_zone: str
    population: int | None = None


@cache
def time_zones() -> frozenset[str]:
    """The names that `time_zone` can have."""
    return frozenset(available_timezones())
