"""What is told of alerts: that one was raised or cleared, keyed by the alert's id."""

from datetime import UTC, datetime

from services.metrics.alerts.states import AlertChange
from shared.contracts.metrics import TOPIC
from shared.outbox.append import Outgoing, outgoing


def outgoing_alert(change: AlertChange) -> Outgoing:
    """The event that tells of it now."""
    return outgoing(TOPIC, change.id, change, datetime.now(UTC))
