"""Adding what a batch says to the buckets' tables, inside the consumer's transaction.

Rows are written in the order of their keys, so that workers that meet in a row wait for each other in one direction.
"""

from collections.abc import Sequence

import asyncpg
import numpy as np

from services.metrics.buckets.columns import Observations
from services.metrics.buckets.grouping import (
    Delta,
    TakingPart,
    by_district_and_month,
    by_jurisdiction_and_day,
    by_service_and_day,
    cells,
    participants,
    sparse_rows,
)
from services.metrics.buckets.measures import Measure
from services.metrics.buckets.sketches import sketch_of
from services.metrics.buckets.statements import Table, cells_table, sparse_table
from services.metrics.buckets.tables import DAYS, JURISDICTIONS, MONTHS, Grouping
from services.metrics.buckets.times import Integers

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


TOUCH_JURISDICTIONS = """
INSERT INTO jurisdiction_activity AS a (jurisdiction_id, touched, touched_at)
SELECT j, 1, clock_timestamp() FROM unnest($1::text[]) j
ON CONFLICT (jurisdiction_id) DO UPDATE SET touched = a.touched + 1, touched_at = excluded.touched_at
"""


KEPT = "SELECT measure FROM measure_on_demand WHERE counted_since IS NOT NULL"


async def kept(connection: asyncpg.Connection) -> frozenset[Measure]:
    """The measures on demand that are counted as events come."""
    return frozenset(Measure(row[0]) for row in await connection.fetch(KEPT))


async def add(connection: asyncpg.Connection, o: Observations) -> None:
    """Adds a batch's observations to all groupings and sketches, and marks its services to be scored anew.

    The jurisdiction's buckets come last: every worker writes to them, and so holds them for the shortest time.
    """
    await _add_sketches(connection, participants(o, o.taking_part))
    await _mark_stale(connection, participants(o, o.withdrawn))
    await _add(connection, MONTHS, by_district_and_month(o))
    await _add(connection, DAYS, by_service_and_day(o))
    await _touch(connection, o)
    await _add(connection, JURISDICTIONS, by_jurisdiction_and_day(o))
    await connection.execute(TOUCH_JURISDICTIONS, sorted({place.jurisdiction_id for place in o.places}))


async def _add(connection: asyncpg.Connection, grouping: Grouping, delta: Delta) -> None:
    await _upsert(connection, cells_table(grouping), delta.names, cells(delta))
    rows = sparse_rows(delta)
    if rows[0].size:
        await _upsert(connection, sparse_table(grouping), delta.names, rows)


async def _upsert(
    connection: asyncpg.Connection, table: Table, names: list[list[str]], columns: Sequence[Integers]
) -> None:
    keys, amounts = columns[: len(table.keys)], columns[len(table.keys) :]
    if not keys[0].size:
        return
    # Columns of cells are 0 where they are not named.
    named = {n: amount for n, amount in zip(table.amounts, amounts, strict=True) if table.others or amount.any()}
    await connection.execute(table.only(list(named)).add, *map(_array, (*keys, *named.values())), *names)
    lessened = np.any([amount < 0 for amount in amounts], axis=0)
    if lessened.any():
        await connection.execute(table.delete_emptied, *(_array(column[lessened]) for column in columns), *names)


_SMALL = np.array([str(number) for number in range(1_000)], dtype=object)


def _array(numbers: Integers) -> str:
    """Whole numbers as PostgreSQL writes an array of them: asyncpg takes its time over each element of a list."""
    small = numbers.size and numbers.min() >= 0 and numbers.max() < _SMALL.size
    return "{" + ",".join(_SMALL[numbers].tolist() if small else map(str, numbers.tolist())) + "}"


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
    jurisdictions = {place.service_id: place.jurisdiction_id for place in o.places}
    services = sorted(jurisdictions)
    await connection.execute(TOUCH, services, [jurisdictions[service] for service in services])
