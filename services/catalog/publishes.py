"""What changed in the catalogue, as the events that others learn of: each carries the whole entity as it now is."""

from datetime import datetime
from typing import Any

import msgspec

from services.catalog.entities.domain import Entity
from shared.contracts.catalog import STATES, TOPIC, ServiceAnnounced
from shared.outbox.append import Outgoing, outgoing


def changed(kind: str, entity: Entity[Any]) -> Outgoing:
    """The state of an entity, without what its kind keeps private. Raises msgspec.ValidationError."""
    document = entity.document()
    for name in entity.fields.PRIVATE:
        del document[name]
    return outgoing(TOPIC, entity.id, msgspec.convert(document, STATES[kind]), entity.changed_at)


def announced(service: Entity[Any], before: str, reason: str, effective_at: datetime) -> Outgoing:
    """That a service has come into another state of its life.

    Its key is not the service's id: of all events with one key, the compacted topic keeps but the last.
    """
    fields = service.fields
    announcement = ServiceAnnounced(
        service_id=service.id,
        jurisdiction_id=fields.jurisdiction_id,
        name=fields.name,
        before=before,
        after=fields.status,
        reason=reason,
        effective_at=effective_at,
        version=service.version,
    )
    return outgoing(TOPIC, f"{service.id}@{service.version}", announcement, service.changed_at)
