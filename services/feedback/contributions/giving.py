"""What contributors can do with all that they contributed, and with their confirmations of what others did."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from services.feedback.contributions import publishes, store
from services.feedback.contributions.views import view
from services.feedback.idempotency import store as keys
from services.feedback.me.giving import Erased, Giving
from services.feedback.media import store as media
from services.feedback.media.domain import CONTRIBUTION
from shared.contracts.feedback import Because

MOST_EXPORTED = 1_000_000


async def _export(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[dict[str, Any]]:
    found = await store.of_contributors(connection, contributors, None, MOST_EXPORTED)
    return [view(*each, whole=True).model_dump(mode="json") for each in reversed(found)]


async def _erase(connection: asyncpg.Connection, contributors: Sequence[str], most: int, at: datetime) -> Erased:
    """What was withdrawn counts no longer already: it goes without an event."""
    gone = await store.erase(connection, contributors, most)
    if gone:
        ids = [each.id for each in gone]
        await media.orphan(connection, CONTRIBUTION, ids)
        await keys.forget_told(connection, ids)
    counted = [each for each in gone if each.state != "withdrawn"]
    return Erased(len(gone), [publishes.withdrawn(each, Because.ERASED, at) for each in counted])


async def _export_confirmations(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[dict[str, Any]]:
    rows = await store.confirmed_by(connection, contributors)
    return [{"contribution_id": str(row[0]), "confirmed_at": row[1].isoformat()} for row in rows]


async def _forget_confirmations(
    connection: asyncpg.Connection, contributors: Sequence[str], most: int, _: datetime
) -> Erased:
    """A confirmation is no input of its own: it goes on counting for what it confirms, without whose it is."""
    return Erased(await store.forget_peers(connection, contributors, most), ())


GIVING = Giving("contributions", _export, _erase)
CONFIRMATIONS = Giving("confirmations", _export_confirmations, _forget_confirmations)
