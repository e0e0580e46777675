"""What is told of alerts: that one was raised or cleared, keyed by the alert's id; that staff took note of it, or did
not, keyed apart, for on a compacted topic it must not take the alert's place."""

from datetime import UTC, datetime
from typing import Any

from services.metrics.alerts.states import AlertChange
from shared.contracts.metrics import TOPIC, Acknowledgement, AlertAcknowledged, AlertAcknowledgementWithdrawn
from shared.outbox.append import Outgoing, outgoing

ABOUT = ("id", "rule", "subject_kind", "subject_id", "jurisdiction_id", "number")


def outgoing_alert(change: AlertChange) -> Outgoing:
    """The event that tells of it now."""
    return outgoing(TOPIC, change.id, change, datetime.now(UTC))


def acknowledged(alert: AlertChange, at: datetime) -> Outgoing:
    """Staff took note of it. The note stays here: it is text."""
    return _of_acknowledgement(AlertAcknowledged(**_about(alert), acknowledged_at=at), at)


def acknowledgement_withdrawn(alert: AlertChange, acknowledged_at: datetime, at: datetime) -> Outgoing:
    """Nobody has taken note of it any longer."""
    told = AlertAcknowledgementWithdrawn(**_about(alert), acknowledged_at=acknowledged_at, withdrawn_at=at)
    return _of_acknowledgement(told, at)


def _about(alert: AlertChange) -> dict[str, Any]:
    return {name: getattr(alert, name) for name in ABOUT}


def _of_acknowledgement(event: Acknowledgement, at: datetime) -> Outgoing:
    return outgoing(TOPIC, f"{event.id}@acknowledgement", event, at)
