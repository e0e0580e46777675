"""Services and districts as the catalogue last described them, and which of them citizens' input may name."""

from dataclasses import dataclass
from datetime import datetime

TAKES_INPUT = frozenset({"pilot", "active"})
"""States of a service's life in which citizens use it: not drafts, suspended or retired ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A copy of the catalogue's service. Targets are in seconds, None where there is none."""

    id: str
    jurisdiction_id: str
    name: str
    status: str
    version: int
    changed_at: datetime
    description: str = ""
    organisation_id: str | None = None
    focal_area: str | None = None
    resolution_target: int | None = None
    first_answer_target: int | None = None
    target_source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    """A copy of the catalogue's district."""

    id: str
    jurisdiction_id: str
    name: str
    version: int
    changed_at: datetime
    population: int | None = None


class UnknownService(LookupError):
    """There is no such service here, or its copy has not arrived yet."""


class UnknownDistrict(LookupError):
    """There is no such district here, or its copy has not arrived yet."""


class TakesNoInput(Exception):
    """The service is not in use: a draft, suspended or retired."""


class ForeignDistrict(Exception):
    """The district belongs to another jurisdiction than the service."""


def check_input(service: Service, district: District | None) -> None:
    """Raises TakesNoInput or ForeignDistrict where citizens cannot give input for `service` in `district`."""
    if service.status not in TAKES_INPUT:
        raise TakesNoInput(f"service {service.id} is {service.status}")
    if district is not None and district.jurisdiction_id != service.jurisdiction_id:
        raise ForeignDistrict(f"district {district.id} is not in {service.jurisdiction_id}")
