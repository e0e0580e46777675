"""By which channels input came, as it was counted last, and up to where."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import asyncpg

from services.metrics.channels.tally import ChannelUse

TURN = 0x6368616E  # "chan"
COUNTED = "SELECT day FROM channel_count"
TRY_TURN = "SELECT pg_try_advisory_lock($1)"
END_TURN = "SELECT pg_advisory_unlock($1)"
STANDING = """
SELECT o.partition, o.next_offset, coalesce(p.seq, 0) AS mark FROM consumer_offset o
LEFT JOIN source_position p ON p.source = $2 AND p.part = o.partition WHERE o.topic = $1
"""
# Services of which it is news are to be looked at again; rows are locked in the order in which all lock them.
KEEP = """
WITH found AS (SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[])
                                AS f (service_id, told, channel, of_channel, untold)),
     gone AS (DELETE FROM channel_use u WHERE NOT EXISTS (SELECT FROM found f WHERE f.service_id = u.service_id)
              RETURNING service_id),
     changed AS (INSERT INTO channel_use AS u SELECT * FROM found
                 ON CONFLICT (service_id) DO UPDATE
                 SET told = excluded.told, channel = excluded.channel, of_channel = excluded.of_channel,
                     untold = excluded.untold
                 WHERE (u.told, u.channel, u.of_channel, u.untold)
                       <> (excluded.told, excluded.channel, excluded.of_channel, excluded.untold)
                 RETURNING service_id)
SELECT service_id FROM gone UNION SELECT service_id FROM changed
"""
TOUCH = """
WITH held AS MATERIALIZED (SELECT service_id FROM service_activity WHERE service_id = ANY ($1)
                           ORDER BY service_id FOR UPDATE)
UPDATE service_activity a SET touched = touched + 1 FROM held WHERE held.service_id = a.service_id
"""
NOTE = """
INSERT INTO channel_count (day, offsets, counted_at) VALUES ($1, $2, clock_timestamp())
ON CONFLICT (one) DO UPDATE SET day = excluded.day, offsets = excluded.offsets, counted_at = excluded.counted_at
"""
USES = "SELECT service_id, told, channel, of_channel, untold FROM channel_use WHERE service_id = ANY ($1)"


class Position(NamedTuple):
    """Up to where metrics has counted a partition: the next offset, and the number of the last event."""

    offset: int
    mark: int


async def counted_on(database: asyncpg.Connection) -> date | None:
    """The last day that was counted."""
    day: date | None = await database.fetchval(COUNTED)
    return day


async def take_turn(database: asyncpg.Connection) -> bool:
    """Whether nobody else is counting; until the turn is ended, nobody else will."""
    mine: bool = await database.fetchval(TRY_TURN, TURN)
    return mine


async def end_turn(database: asyncpg.Connection) -> None:
    await database.execute(END_TURN, TURN)


async def standing(database: asyncpg.Connection, topic: str, source: str) -> dict[int, Position]:
    """Where metrics stands, by partition."""
    rows = await database.fetch(STANDING, topic, source)
    return {row["partition"]: Position(row["next_offset"], row["mark"]) for row in rows}


async def keep(
    database: asyncpg.Connection, day: date, positions: Mapping[int, Position], uses: Mapping[str, ChannelUse]
) -> None:
    """Replaces what was counted before."""
    rows = [(service, *use) for service, use in sorted(uses.items())]
    changed = await database.fetch(KEEP, *([*zip(*rows, strict=True)] or [()] * 5))
    await database.execute(TOUCH, [row["service_id"] for row in changed])
    await database.execute(NOTE, day, json.dumps({str(part): each.offset for part, each in sorted(positions.items())}))


async def uses_of(database: asyncpg.Connection, service_ids: Sequence[str]) -> dict[str, ChannelUse]:
    """By service, those that had any input."""
    return {row["service_id"]: ChannelUse(*row[1:]) for row in await database.fetch(USES, service_ids)}
