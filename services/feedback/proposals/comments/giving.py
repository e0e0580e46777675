"""What a contributor can do with all their comments, and with the changes that they suggested."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import asyncpg

from services.feedback.me.giving import Giving
from services.feedback.proposals.amendments import store as amendments
from services.feedback.proposals.comments import handlers, store


async def _export(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[dict[str, Any]]:
    comments = await store.given_by(connection, contributors)
    suggested = await amendments.of_comments(connection, [each.id for each in comments])
    return [
        asdict(each) | {"amendment": asdict(suggested[each.id]) if each.id in suggested else None} for each in comments
    ]


GIVING = Giving("comments", _export, handlers.erase)
