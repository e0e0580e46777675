"""Reading the outbox for listeners."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import asyncpg

from shared.contracts.metrics import ScoreChanged
from shared.contracts.registry import TYPE_OF
from shared.settings import PARTITIONS

PAGE = 500

# Parts beyond these hold dead letters.
POSITIONS = f"SELECT part, seq FROM outbox_counter WHERE part < {PARTITIONS}"
# What retention has dropped is gone from the front of a part.
AVAILABLE = """
SELECT c.part, c.seq AS last, coalesce((SELECT min(o.seq) FROM outbox o WHERE o.part = c.part), c.seq + 1) AS first
FROM outbox_counter c
"""
CHANGES = f"""
SELECT seq, aggregateid, payload FROM outbox
WHERE part = $1 AND seq > $2 AND seq <= $3 AND type = '{TYPE_OF[ScoreChanged]}'
  AND ($4::text IS NULL OR aggregateid = $4)
ORDER BY seq LIMIT {PAGE}
"""


class Change(NamedTuple):
    """A score that changed: its place in the outbox, and the exact bytes that were published."""

    part: int
    seq: int
    service_id: str
    payload: bytes


async def positions(database: asyncpg.Connection) -> dict[int, int]:
    """The newest sequence number of each part."""
    return {row["part"]: row["seq"] for row in await database.fetch(POSITIONS)}


async def available(database: asyncpg.Connection) -> Mapping[int, range]:
    """The cursors of each part from which nothing is missing."""
    return {row["part"]: range(row["first"] - 1, row["last"] + 1) for row in await database.fetch(AVAILABLE)}


async def changes(
    database: asyncpg.Connection, part: int, after: int, upto: int, service_id: str | None = None
) -> Sequence[Change]:
    """A page of the changes of one part beyond `after` up to `upto`, of one service or of all."""
    rows = await database.fetch(CHANGES, part, after, upto, service_id)
    return [Change(part, row["seq"], row["aggregateid"], row["payload"]) for row in rows]
