"""Events of the catalogue: each carries the whole entity as it is now, keyed by its id."""

from typing import Annotated

from msgspec import Meta

from shared.contracts.base import ID_PATTERN, Contract, Instant

TOPIC = "civicloop.catalog.v1"

EntityId = Annotated[str, Meta(pattern=ID_PATTERN)]
Seconds = Annotated[int, Meta(gt=0)]


class JurisdictionChanged(Contract, frozen=True, kw_only=True):
    """A city (or another authority) that this installation serves."""

    id: EntityId
    name: str
    time_zone: str
    version: int
    changed_at: Instant
    population: int | None = None


class DistrictChanged(Contract, frozen=True, kw_only=True):
    """A part of a jurisdiction; `population` is its inhabitants, None where unknown."""

    id: EntityId
    jurisdiction_id: EntityId
    name: str
    version: int
    changed_at: Instant
    population: int | None = None


class OrganisationChanged(Contract, frozen=True, kw_only=True):
    """An organisation that stands behind services; `helix` is government, industry, academia or civil-society."""

    id: EntityId
    jurisdiction_id: EntityId
    name: str
    version: int
    changed_at: Instant
    helix: str | None = None


class ServiceChanged(Contract, frozen=True, kw_only=True):
    """A service with its target times in seconds (None: no target), and where they come from."""

    id: EntityId
    jurisdiction_id: EntityId
    name: str
    status: str
    version: int
    changed_at: Instant
    description: str = ""
    organisation_id: EntityId | None = None
    focal_area: str | None = None
    resolution_target: Seconds | None = None
    first_answer_target: Seconds | None = None
    target_source: str | None = None


TYPES: dict[str, type[Contract]] = {
    "catalog.jurisdiction.changed.v1": JurisdictionChanged,
    "catalog.district.changed.v1": DistrictChanged,
    "catalog.organisation.changed.v1": OrganisationChanged,
    "catalog.service.changed.v1": ServiceChanged,
}
