"""The buckets' tables: adding what a batch says, inside the consumer's transaction.

Rows are written in the order of their keys, so that workers that meet in a row wait for each other in one direction.
"""

from collections.abc import Sequence
from typing import NamedTuple

import asyncpg

from services.metrics.buckets.grouping import (
    Delta,
    TakingPart,
    by_district_and_month,
    by_jurisdiction_and_day,
    by_service_and_day,
    participants,
)
from services.metrics.buckets.observations import Flags, Integers, Observations
from services.metrics.buckets.sketches import sketch_of


class Table(NamedTuple):
    """A table of buckets, and the columns that say whose they are and when."""

    name: str
    owners: tuple[str, ...]
    period: str

    @property
    def _rows(self) -> str:
        """The rows of a delta: whole numbers travel as text, for asyncpg takes its time over each element of a list."""
        numbers = ", ".join(f"${n}::text::bigint[]" for n in range(1, len(self.owners) + 6))
        owners = range(len(self.owners))
        codes = ", ".join(f"code_{n}" for n in owners)
        joins = " ".join(
            f"JOIN unnest(${len(self.owners) + 6 + n}::text[]) WITH ORDINALITY AS o{n} (name_{n}, number_{n}) "
            f"ON number_{n} = code_{n} + 1"
            for n in owners
        )
        return f"unnest({numbers}) AS r ({codes}, measure, bin, day, count, total) {joins}"

    @property
    def add(self) -> str:
        """Adds the rows of a delta."""
        owners = ", ".join(self.owners)
        names = ", ".join(f"name_{n}" for n in range(len(self.owners)))
        return f"""
            INSERT INTO {self.name} AS b ({owners}, measure, bin, {self.period}, count, total)
            SELECT {names}, r.measure, r.bin, date '1970-01-01' + r.day::int, r.count, r.total FROM {self._rows}
            ORDER BY {names}, r.measure, r.bin, r.day
            ON CONFLICT ({owners}, measure, bin, {self.period})
            DO UPDATE SET count = b.count + excluded.count, total = b.total + excluded.total"""

    @property
    def delete_emptied(self) -> str:
        """Deletes buckets that were taken back whole: they must be as if they had never been."""
        same = " AND ".join(f"b.{owner} = name_{n}" for n, owner in enumerate(self.owners))
        return f"""
            DELETE FROM {self.name} b USING {self._rows}
            WHERE {same} AND b.measure = r.measure AND b.bin = r.bin
              AND b.{self.period} = date '1970-01-01' + r.day::int AND b.count = 0 AND b.total = 0"""


DAYS = Table("bucket_day", ("service_id",), "day")
MONTHS = Table("bucket_month", ("service_id", "district_id"), "month")
JURISDICTIONS = Table("bucket_jurisdiction", ("jurisdiction_id",), "day")

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


async def _add(connection: asyncpg.Connection, table: Table, delta: Delta) -> None:
    await connection.execute(table.add, *_parameters(delta))
    lessened = delta.counts <= 0
    if lessened.any():
        await connection.execute(table.delete_emptied, *_parameters(delta, lessened))


def _parameters(delta: Delta, where: Flags | slice = slice(None)) -> list[str | list[str]]:
    columns = (*delta.keys, delta.measure, delta.bin, delta.day, delta.counts, delta.totals)
    return [_array(column[where]) for column in columns] + delta.names


def _array(numbers: Integers) -> str:
    """Whole numbers as PostgreSQL writes an array of them."""
    return "{" + ",".join(map(str, numbers.tolist())) + "}"


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
