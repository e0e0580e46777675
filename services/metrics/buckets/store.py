"""The buckets' tables: adding what a batch says, inside the consumer's transaction.

Rows are written in the order of their keys, so that workers that meet in a row wait for each other in one direction.
"""

from collections.abc import Sequence
from typing import Any

import asyncpg

from services.metrics.buckets.grouping import (
    Delta,
    TakingPart,
    by_district_and_month,
    by_jurisdiction_and_day,
    by_service_and_day,
    participants,
)
from services.metrics.buckets.observations import Observations
from services.metrics.buckets.sketches import sketch_of

ADD_TO_DAYS = """
INSERT INTO bucket_day AS b (service_id, measure, bin, day, count, total)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::smallint[], $4::date[], $5::bigint[], $6::bigint[])
ON CONFLICT (service_id, measure, bin, day)
DO UPDATE SET count = b.count + excluded.count, total = b.total + excluded.total
"""
ADD_TO_MONTHS = """
INSERT INTO bucket_month AS b (service_id, district_id, measure, bin, month, count, total)
SELECT * FROM unnest($1::text[], $2::text[], $3::smallint[], $4::smallint[], $5::date[], $6::bigint[], $7::bigint[])
ON CONFLICT (service_id, district_id, measure, bin, month)
DO UPDATE SET count = b.count + excluded.count, total = b.total + excluded.total
"""
ADD_TO_JURISDICTIONS = """
INSERT INTO bucket_jurisdiction AS b (jurisdiction_id, measure, bin, day, count, total)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::smallint[], $4::date[], $5::bigint[], $6::bigint[])
ON CONFLICT (jurisdiction_id, measure, bin, day)
DO UPDATE SET count = b.count + excluded.count, total = b.total + excluded.total
"""
# A bucket that was taken back whole must be as if it had never been. Only negative counts can empty one.
EMPTIED_DAYS = """
DELETE FROM bucket_day b USING unnest($1::text[], $2::smallint[], $3::smallint[], $4::date[]) AS k (s, m, b, d)
WHERE (service_id, measure, bin, day) = (k.s, k.m, k.b, k.d) AND count = 0 AND total = 0
"""
EMPTIED_MONTHS = """
DELETE FROM bucket_month b
USING unnest($1::text[], $2::text[], $3::smallint[], $4::smallint[], $5::date[]) AS k (s, n, m, b, d)
WHERE (service_id, district_id, measure, bin, month) = (k.s, k.n, k.m, k.b, k.d) AND count = 0 AND total = 0
"""
EMPTIED_JURISDICTIONS = """
DELETE FROM bucket_jurisdiction b USING unnest($1::text[], $2::smallint[], $3::smallint[], $4::date[]) AS k (s, m, b, d)
WHERE (jurisdiction_id, measure, bin, day) = (k.s, k.m, k.b, k.d) AND count = 0 AND total = 0
"""
STORED_SKETCHES = """
SELECT service_id, district_id, month, sketch FROM contributor_sketch
JOIN unnest($1::text[], $2::text[], $3::date[]) AS k (service_id, district_id, month)
USING (service_id, district_id, month)
"""
STORE_SKETCHES = """
INSERT INTO contributor_sketch (service_id, district_id, month, sketch)
SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::bytea[])
ON CONFLICT (service_id, district_id, month) DO UPDATE SET sketch = excluded.sketch
"""
MARK_STALE = """
UPDATE contributor_sketch s SET stale = true FROM unnest($1::text[], $2::text[], $3::date[]) AS k (s, d, m)
WHERE (service_id, district_id, month) = (k.s, k.d, k.m)
"""
TOUCH = """
INSERT INTO service_activity AS a (service_id, jurisdiction_id, touched)
SELECT *, 1 FROM unnest($1::text[], $2::text[])
ON CONFLICT (service_id) DO UPDATE SET touched = a.touched + 1
"""


async def add(connection: asyncpg.Connection, o: Observations) -> None:
    """Adds a batch's observations to all groupings and sketches, and marks its services to be scored anew.

    The jurisdiction's buckets come last: every worker writes to them, and so holds them for the shortest time.
    """
    await _add_sketches(connection, participants(o, o.taking_part))
    await _mark_stale(connection, participants(o, o.withdrawn))
    await _add(connection, ADD_TO_MONTHS, EMPTIED_MONTHS, by_district_and_month(o))
    await _add(connection, ADD_TO_DAYS, EMPTIED_DAYS, by_service_and_day(o))
    await _touch(connection, o)
    await _add(connection, ADD_TO_JURISDICTIONS, EMPTIED_JURISDICTIONS, by_jurisdiction_and_day(o))


async def _add(connection: asyncpg.Connection, add: str, delete_emptied: str, delta: Delta) -> None:
    keys: tuple[Sequence[Any], ...] = (*delta.keys, delta.measure, delta.bin, delta.date)
    await connection.execute(add, *keys, delta.counts, delta.totals)
    lessened = [n for n, count in enumerate(delta.counts) if count <= 0]
    if lessened:
        await connection.execute(delete_emptied, *([key[n] for n in lessened] for key in keys))


async def _add_sketches(connection: asyncpg.Connection, taken: Sequence[TakingPart]) -> None:
    """Merges contributors into their sketches; a sketch that stays the same is not written again."""
    if not taken:
        return
    services, districts, months, _ = map(list, zip(*taken, strict=True))
    rows = await connection.fetch(STORED_SKETCHES, services, districts, months)
    stored = {(row[0], row[1], row[2]): row[3] for row in rows}
    changed = []
    for group in taken:
        before = stored.get(group[:3])
        after = sketch_of(group.contributors, before)
        if after != before:
            changed.append((*group[:3], after))
    if changed:
        await connection.execute(STORE_SKETCHES, *map(list, zip(*changed, strict=True)))


async def _mark_stale(connection: asyncpg.Connection, withdrawn: Sequence[TakingPart]) -> None:
    """A sketch cannot give a contributor back: it is rebuilt from the topic, and says so until then."""
    if withdrawn:
        services, districts, months, _ = map(list, zip(*withdrawn, strict=True))
        await connection.execute(MARK_STALE, services, districts, months)


async def _touch(connection: asyncpg.Connection, o: Observations) -> None:
    services = sorted({(place.service_id, place.jurisdiction_id) for place in o.places})
    if services:
        await connection.execute(TOUCH, *map(list, zip(*services, strict=True)))
