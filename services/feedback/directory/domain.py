"""Services and districts as the catalogue last described them, and which of them citizens' input may name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

RESOLUTION, ANSWER = "resolution_target", "first_answer_target"
"""Names of the targets."""

TAKES_INPUT = frozenset({"pilot", "active"})
"""States of a service's life in which citizens use it: not drafts, suspended or retired ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jurisdiction:
    """A copy of the catalogue's jurisdiction."""

    id: str
    name: str
    time_zone: str
    version: int
    changed_at: datetime
    population: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A copy of the catalogue's organisation."""

    id: str
    jurisdiction_id: str
    name: str
    version: int
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A copy of the catalogue's service. Targets are in seconds, None where there is none; `targets` are those of
    districts and priorities that differ."""

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
    targets: Sequence[Mapping[str, Any]] = ()
    keywords: Sequence[str] = ()
    language: str | None = None
    translations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    open311: Mapping[str, Any] | None = None

    @property
    def districts_with_targets(self) -> set[str]:
        """Districts that have targets of their own."""
        return {target["district_id"] for target in self.targets if target.get("district_id")}

    def target(self, name: str, district_id: str | None) -> int | None:
        """The target, RESOLUTION or ANSWER, that holds in a district; the service's own where it has no other."""
        own: int | None = getattr(self, name)
        if district_id is None:
            return own
        local = [each for each in self.targets if each.get("district_id") == district_id and not each.get("priority")]
        return next((each[name] for each in local if each.get(name)), own)


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
