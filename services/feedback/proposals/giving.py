"""What a contributor can do with all their proposals."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import asyncpg

from services.feedback.me.giving import Erased, Giving
from services.feedback.proposals import handlers, store

NOT_THEIRS = frozenset({"decided_by", "comments_numbered"})


async def _export(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[dict[str, Any]]:
    """Drafts too, and every version."""
    exported = []
    for proposal in await store.given_by(connection, contributors):
        told = {name: value for name, value in asdict(proposal).items() if name not in NOT_THEIRS}
        exported.append(told | {"versions": [asdict(each) for each in await store.versions(connection, proposal.id)]})
    return exported


async def _erase(connection: asyncpg.Connection, contributors: Sequence[str], most: int, at: datetime) -> Erased:
    taken = await store.take(connection, contributors, most)
    return Erased(len(taken), await handlers.erase(connection, taken, at))


GIVING = Giving("proposals", _export, _erase)
