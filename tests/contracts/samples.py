"""One event of each type with every member set, and one with no more than it must have."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from msgspec import inspect

from services.catalog.entities.domain import Entity
from services.catalog.kinds import BY_PLURAL
from services.catalog.publishes import changed
from shared.contracts import feedback
from shared.contracts.base import Contract
from shared.contracts.catalog import STATES, ServiceAnnounced
from shared.contracts.inbox import EventDied
from shared.contracts.metrics import (
    AlertAcknowledged,
    AlertAcknowledgementWithdrawn,
    AlertCleared,
    AlertRaised,
    Because,
    CompositeScore,
    DimensionScore,
    ScoreChanged,
)
from shared.contracts.registry import decode
from tests.catalog.samples import whole_city

OPENED = datetime(2026, 3, 1, 12, 30, 15, 250_000, UTC)
LATER = OPENED + timedelta(hours=3)

_TEXTS = {
    "jurisdiction_id": "porto", "service_id": "porto.lamps", "district_id": "porto.bonfim", "contributor": "c0ffee",
    "channel": "web", "campaign": "poster-7", "currency": "EUR",
}  # fmt: skip

ENTITIES: list[tuple[str, Entity[Any]]] = [
    (BY_PLURAL[plural].name, BY_PLURAL[plural].entity(said | {"version": 2, "changed_at": OPENED.isoformat()}))
    for plural, entities in whole_city("porto").items()
    for said in entities[-1:]
]
"""Of each kind of the catalogue one, with all that can be said of it."""

_alert: dict[str, Any] = {
    "id": "porto.lamps@input-unanswered", "rule": "input-unanswered", "subject_kind": "service",
    "subject_id": "porto.lamps", "jurisdiction_id": "porto", "number": 2, "as_of": date(2026, 3, 1),
    "scorecard": "default.v3", "evidence": {"due": 30, "unanswered": 24, "share": 0.8, "since": "2025-12-02"},
    "thresholds": {"due": 20, "low": 0.5},
}  # fmt: skip
_cleared: dict[str, Any] = {"raised_as_of": date(2026, 2, 1), "because": Because.EASED}

_noted: dict[str, Any] = {
    name: _alert[name] for name in ("id", "rule", "subject_kind", "subject_id", "jurisdiction_id", "number")
} | {"acknowledged_at": OPENED}

_announced: dict[str, Any] = {
    "service_id": "porto.lamps", "jurisdiction_id": "porto", "name": "Lamps", "before": "pilot", "after": "active",
    "reason": "It works", "effective_at": LATER, "version": 3,
}  # fmt: skip


def _required(kind: str) -> dict[str, Any]:
    """The members of a state that it must have."""
    (entity,) = (entity for name, entity in ENTITIES if name == kind)
    document = msgspec.convert(msgspec.json.decode(changed(kind, entity).data), STATES[kind])
    needed = {field.name for field in msgspec.structs.fields(STATES[kind]) if field.required}
    return {name: getattr(document, name) for name in needed}


def _filled(contract: type[Any], *, whole: bool) -> Any:
    """An event of citizens' input with every member set, or with those that it must have."""
    kind = inspect.type_info(contract)
    assert isinstance(kind, inspect.StructType)
    members = [field for field in kind.fields if whole or field.required]
    return contract(**{field.name: _member(field.name, field.type, whole=whole) for field in members})


def _member(name: str, kind: inspect.Type, *, whole: bool) -> Any:
    match kind:
        case inspect.Metadata():
            return _member(name, kind.type, whole=whole)
        case inspect.UnionType():
            return _member(name, next(t for t in kind.types if not isinstance(t, inspect.NoneType)), whole=whole)
        case inspect.StructType():
            return _filled(kind.cls, whole=whole)
        case inspect.ListType():
            return [_member(name, kind.item_type, whole=whole)]
        case inspect.DictType():
            return {_member(name, kind.key_type, whole=whole): _member(name, kind.value_type, whole=whole)}
        case inspect.EnumType():
            return list(kind.cls)[-1]
        case inspect.DateTimeType():
            return OPENED if name in ("opened_at", "given_at", "published_at", "opens_at") else LATER
        case inspect.IntType():
            return 4
        case inspect.BoolType():
            return True
        case _:
            return _TEXTS.get(name, f"0190-{len(name)}")


WHOLE: list[Contract] = [
    *(decode((event := changed(kind, entity)).type, event.data) for kind, entity in ENTITIES),
    ServiceAnnounced(**_announced),
    *(_filled(contract, whole=True) for contract in feedback.TYPES.values()),
    ScoreChanged(
        service_id="porto.lamps",
        jurisdiction_id="porto",
        as_of=date(2026, 3, 1),
        scorecard="default/1",
        dimensions={"efficiency": DimensionScore(score=61.25, low=50.0, high=72.5, coverage=1.0)},
        public_value=CompositeScore(score=61.25, low=50.0, high=72.5),
        events=12,
    ),
    AlertRaised(**_alert),
    AlertCleared(**_alert | _cleared),
    AlertAcknowledged(**_noted),
    AlertAcknowledgementWithdrawn(**_noted, withdrawn_at=LATER),
    EventDied(topic="civicloop.feedback.v1", partition=7, offset=2**40, reason="not JSON"),
]

BARE: list[Contract] = [
    *(contract(**_required(kind)) for kind, contract in STATES.items()),
    ServiceAnnounced(**_announced),
    *(_filled(contract, whole=False) for contract in feedback.TYPES.values()),
    ScoreChanged(
        service_id="porto.lamps",
        jurisdiction_id="porto",
        as_of=date(2026, 3, 1),
        scorecard="default/1",
        dimensions={"efficiency": DimensionScore(score=None, low=None, high=None, coverage=0.0)},
        public_value=CompositeScore(score=None, low=None, high=None),
        events=0,
    ),
    AlertRaised(**_alert | {"evidence": {}, "thresholds": {}}),
    AlertCleared(**_alert | _cleared | {"evidence": {}, "thresholds": {}, "because": Because.THIN}),
    AlertAcknowledged(**_noted),
    AlertAcknowledgementWithdrawn(**_noted, withdrawn_at=LATER),
    EventDied(topic="t", partition=0, offset=0, reason=""),
]
