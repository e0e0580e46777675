"""What a contributor can do with all their requests: take them along, or have them erased."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from services.feedback.me.giving import Erased, Giving
from services.feedback.requests import publishes, store


async def _export(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[dict[str, Any]]:
    return await store.all_of(connection, contributors)


async def _erase(connection: asyncpg.Connection, contributors: Sequence[str], most: int, at: datetime) -> Erased:
    """With answers, particulars and corrections; what staff was told of them when they moved them goes too."""
    requests = await store.locked_of(connection, contributors, most)
    ids = [request.id for request in requests]
    undone = await store.reopenings(connection, ids) if ids else {}
    await store.erase(connection, ids)
    return Erased(len(ids), [publishes.request_erased(each, undone.get(each.id, ()), at) for each in requests])


GIVING = Giving("requests", _export, _erase)
