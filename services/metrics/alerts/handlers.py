"""What happens when staff takes note of an alert, or takes that back, each within one transaction."""

from datetime import datetime

import asyncpg

from services.metrics.alerts import publishes, store
from services.metrics.alerts.store import Acknowledgement, Alert
from shared.outbox.append import append


class UnknownAlert(LookupError):
    """There was never such an alert."""


class NotOpen(Exception):
    """It has been cleared."""


class RaisedAnew(Exception):
    """Its newest raising is another one than that which was looked at."""


class AcknowledgedBefore(Exception):
    """Somebody has taken note of it, in other words."""


async def acknowledge(
    database: asyncpg.Connection, id: str, said: Acknowledgement, number: int | None
) -> tuple[Alert, bool]:
    """Notes that staff has seen an alert, and tells whether that is new. Said again, it changes nothing.

    Raises UnknownAlert, NotOpen, RaisedAnew, AcknowledgedBefore.
    """
    alert = await _held(database, id)
    if number is not None and number != alert.change.body.number:
        raise RaisedAnew(f"The newest is number {alert.change.body.number}, not {number}")
    before = alert.acknowledgement
    if before is not None:
        if (before.note, before.by) != (said.note, said.by):
            raise AcknowledgedBefore(f"By {before.by}, {before.at.isoformat()}. That can be taken back")
        return alert, False
    if not alert.open:
        raise NotOpen(id)
    await store.acknowledge(database, alert, said)
    await append(database, [publishes.acknowledged(alert.change.body, said.at)])
    return alert._replace(acknowledgement=said), True


async def withdraw_acknowledgement(database: asyncpg.Connection, id: str, at: datetime) -> None:
    """As if nobody had taken note of the alert. Said again, it changes nothing. Raises UnknownAlert."""
    alert = await _held(database, id)
    if alert.acknowledgement is not None:
        await store.withdraw_acknowledgement(database, alert)
        told = publishes.acknowledgement_withdrawn(alert.change.body, alert.acknowledgement.at, at)
        await append(database, [told])


async def _held(database: asyncpg.Connection, id: str) -> Alert:
    alert = await store.held(database, id)
    if alert is None:
        raise UnknownAlert(id)
    return alert
