"""What a contributor can do with all their votes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from services.feedback.budgets import publishes, store
from services.feedback.me.giving import Erased, Giving
from shared.contracts.feedback import Because


async def export(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[dict[str, Any]]:
    """All that is kept of their votes."""
    return [
        {"id": each.id, "budget_id": each.budget_id, "given_at": each.given_at, "points": dict(each.choices),
         "district_id": each.district_id, "channel": each.channel, "campaign": each.campaign}
        for each in await store.of_contributors(connection, contributors)
    ]  # fmt: skip


async def erase(connection: asyncpg.Connection, contributors: Sequence[str], most: int, at: datetime) -> Erased:
    """Deletes their votes. One that is not counted yet never will be; an outcome stays, and says how many are gone."""
    gone = await store.take_of(connection, contributors, most)
    return Erased(len(gone), [publishes.withdrawn(vote, of, at, Because.ERASED) for vote, of in gone])


GIVING = Giving("budget_votes", export, erase)
