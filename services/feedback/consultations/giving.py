"""What a contributor can do with all their answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from services.feedback.consultations import publishes, store
from services.feedback.me.giving import Erased, Giving
from shared.contracts.feedback import Because


async def export(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[dict[str, Any]]:
    """All that is kept of their answers."""
    return [
        {"id": each.id, "consultation_id": each.consultation_id, "given_at": each.given_at, "version": each.version,
         "answers": {**each.choices, **each.texts}, "district_id": each.district_id, "channel": each.channel,
         "campaign": each.campaign}
        for each in await store.of_contributors(connection, contributors)
    ]  # fmt: skip


async def erase(connection: asyncpg.Connection, contributors: Sequence[str], most: int, at: datetime) -> Erased:
    """Deletes their answers with their texts: results are without them from then on."""
    gone = await store.take_of(connection, contributors, most)
    return Erased(len(gone), [publishes.withdrawn(each, of, at, Because.ERASED) for each, of in gone])


GIVING = Giving("consultation_answers", export, erase)
