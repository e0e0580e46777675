"""What changed in the catalogue, as the events that others learn of: each carries the whole entity as it now is."""

from datetime import datetime

import msgspec

from services.catalog.districts.domain import District
from services.catalog.entities.domain import Entity
from services.catalog.jurisdictions.domain import Jurisdiction
from services.catalog.organisations.domain import Organisation
from services.catalog.services.domain import Service
from shared.contracts.base import Contract
from shared.contracts.catalog import (
    TOPIC,
    DistrictChanged,
    JurisdictionChanged,
    OrganisationChanged,
    ServiceChanged,
)
from shared.outbox.append import Outgoing, outgoing

CONTRACTS: dict[type[Entity], type[Contract]] = {
    Jurisdiction: JurisdictionChanged,
    District: DistrictChanged,
    Organisation: OrganisationChanged,
    Service: ServiceChanged,
}


def changed(entity: Entity) -> Outgoing:
    """An entity's fields are its contract's; msgspec refuses one that the contract would not allow."""
    fields = msgspec.to_builtins(entity, builtin_types=(datetime,))
    contract = msgspec.convert(fields, CONTRACTS[type(entity)])
    return outgoing(TOPIC, entity.id, contract, entity.changed_at)
