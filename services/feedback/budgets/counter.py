"""Counts the votes on a budget, in a process of its own: `python -m services.feedback.budgets.counter`.

Its input says where the database is and which budget; its output is what apart.py makes of it.
"""

import asyncio
import sys
from typing import Any
from uuid import UUID

from msgspec import json

from services.feedback.budgets import store
from services.feedback.budgets.domain import NoSuchBudget, count
from shared.database import connection, engine


async def counted(database_url: str, budget_id: UUID) -> dict[str, Any]:
    """How many votes there are, and what becomes of each project. Raises NoSuchBudget."""
    database = engine(database_url, pool_size=0)
    async with connection(database) as reading:
        budget = await store.find(reading, budget_id)
        ballots = await store.ballots(reading, budget_id, in_order=False)
    if budget is None:
        raise NoSuchBudget(f"{budget_id}")
    return {"votes": sum(ballots.values()), "outcome": [each._asdict() for each in count(budget, ballots)]}


if __name__ == "__main__":
    asked = json.decode(sys.stdin.buffer.read())
    sys.stdout.buffer.write(json.encode(asyncio.run(counted(asked["database_url"], UUID(asked["budget_id"])))))
