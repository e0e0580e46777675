"""What a contributor can do with all their supports."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import asyncpg

from services.feedback.me.giving import Giving
from services.feedback.proposals.supports import handlers, store


async def _export(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[dict[str, Any]]:
    return [asdict(each) for each in await store.given_by(connection, contributors)]


GIVING = Giving("supports", _export, handlers.erase)
