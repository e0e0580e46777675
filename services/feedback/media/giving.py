"""What a contributor can do with all their pictures: take them along, or have them erased."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from services.feedback.me.giving import Erased, Giving
from services.feedback.media import store
from services.feedback.media.schemas import address


async def _export(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[dict[str, Any]]:
    """A picture itself is had from its address, once it belongs to something."""
    return [{**row, "url": address(row["id"])} for row in await store.of_contributors(connection, contributors)]


async def _erase(connection: asyncpg.Connection, contributors: Sequence[str], most: int, at: datetime) -> Erased:
    """What was uploaded and not attached. All else goes with what it belongs to; no event ever told of a picture."""
    return Erased(await store.throw_away_of(connection, contributors, most), ())


GIVING = Giving("media", _export, _erase)
