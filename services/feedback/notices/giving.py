"""What a contributor can do with all that they follow: take it along, or have it forgotten with its address."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from services.feedback.me.giving import Erased, Giving
from services.feedback.notices import store


async def _erase(connection: asyncpg.Connection, contributors: Sequence[str], most: int, at: datetime) -> Erased:
    """To follow is no input: nothing is counted, and no event told."""
    return Erased(await store.erase(connection, contributors, most), ())


GIVING = Giving("follows", store.export, _erase)
