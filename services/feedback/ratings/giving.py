"""What a contributor can do with all their ratings: take them along, or have them erased."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from services.feedback.idempotency import store as keys
from services.feedback.me.giving import Erased, Giving
from services.feedback.ratings import publishes, store


async def _export(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[dict[str, Any]]:
    return await store.all_of(connection, contributors)


async def _erase(connection: asyncpg.Connection, contributors: Sequence[str], most: int, at: datetime) -> Erased:
    """One that was withdrawn counts no longer: nobody need be told."""
    ratings = await store.erase(connection, contributors, most)
    if invited := [rating.id for rating in ratings if rating.request_id is not None]:
        await keys.forget_told(connection, invited)
    told = [publishes.rating_erased(rating, at) for rating in ratings if rating.state != "withdrawn"]
    return Erased(len(ratings), told)


GIVING = Giving("ratings", _export, _erase)
