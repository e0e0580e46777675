"""Where live counting stands, where a recount and the live buckets differ, and the correction of that."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

import asyncpg

from services.metrics.buckets.measures import ON_DEMAND, Measure
from services.metrics.buckets.sketches import merge, sketch_of
from services.metrics.buckets.statements import Table
from services.metrics.rebuilding.tables import SPARSE, TABLES
from services.metrics.rebuilding.tally import Key

OFFSETS = "SELECT partition, next_offset FROM consumer_offset WHERE topic = $1"
MARKS = "SELECT part, seq FROM source_position WHERE source = $1"
PARKED = "SELECT part, seq FROM parked_event WHERE source = $1"
SIZE = "SELECT coalesce(sum(pg_total_relation_size(to_regclass(name))), 0)::bigint FROM unnest($1::text[]) name"

WANT = """
UPDATE measure_on_demand SET wanted_at = clock_timestamp() WHERE measure = ANY ($1::smallint[]) AND wanted_at IS NULL
"""
ALL_ON_DEMAND = "SELECT measure, wanted_at, counted_since, complete_at FROM measure_on_demand ORDER BY measure"
COUNT = """
UPDATE measure_on_demand SET counted_since = clock_timestamp()
WHERE measure = ANY ($1::smallint[]) AND counted_since IS NULL
"""
COMPLETE = "UPDATE measure_on_demand SET complete_at = clock_timestamp() WHERE measure = ANY ($1::smallint[])"

SHOWN = 5
"""Findings that are told of each table."""

EMPTY = sketch_of(())

# A live row without any amount should not be there either.
DIFFERENCE = """
CREATE TEMP TABLE difference_{table.name} AS
SELECT {keys}, {sums} FROM (
    SELECT false AS live, {keys}, {amounts} FROM {schema}.{table.name} {only}
    UNION ALL SELECT true, {keys}, {negative} FROM {table.name} {only}) side
GROUP BY {keys} HAVING {differ} OR (bool_or(live) AND {nothing})
"""
FIRST = """
SELECT {keys}, {both} FROM (SELECT * FROM difference_{table.name} ORDER BY {keys} LIMIT {shown}) d
LEFT JOIN {table.name} b USING ({keys}) ORDER BY {keys}
"""
# In the order of the keys, as workers write, so that nobody waits in a circle.
ADD = """
INSERT INTO {table.name} AS b ({keys}, {amounts}) SELECT {keys}, {amounts} FROM difference_{table.name} ORDER BY {keys}
ON CONFLICT ({keys}) DO UPDATE SET {added}
"""
DELETE_EMPTIED = """
DELETE FROM {table.name} b USING difference_{table.name} d WHERE {same} AND {empty}
"""
TOUCH = """
UPDATE service_activity a SET touched = touched + 1 FROM
    (SELECT service_id FROM service_activity WHERE service_id = ANY ($1) ORDER BY service_id FOR UPDATE) held
WHERE a.service_id = held.service_id
"""
TOUCH_ALL_OF = """
UPDATE jurisdiction_activity SET touched = touched + 1, touched_at = clock_timestamp()
WHERE jurisdiction_id = ANY ($1)
"""
SHADOW_SKETCHES = "SELECT service_id, district_id, month, sketch, taken_back FROM {schema}.contributor_sketch"
LIVE_SKETCHES = "SELECT service_id, district_id, month, sketch, stale FROM contributor_sketch"
# What a stale sketch holds is found anew from the topic, while its position is held: exact whatever has come since.
RENEW_SKETCHES = """
INSERT INTO contributor_sketch (service_id, district_id, month, sketch, stale)
SELECT *, true FROM unnest($1::text[], $2::text[], $3::date[], $4::bytea[]) ORDER BY 1, 2, 3
ON CONFLICT (service_id, district_id, month) DO UPDATE SET stale = true
"""


@dataclass(frozen=True)
class Positions:
    """Where live counting stood at one moment: offsets and marks by partition, and what waited for a predecessor."""

    offsets: Mapping[int, int]
    marks: Mapping[int, int]
    parked: frozenset[tuple[int, int]]


async def positions(connection: asyncpg.Connection, topic: str, source: str) -> Positions:
    """Where live counting of a topic stands."""
    offsets = {row[0]: row[1] for row in await connection.fetch(OFFSETS, topic)}
    marks = {row[0]: row[1] for row in await connection.fetch(MARKS, source)}
    return Positions(offsets, marks, frozenset((row[0], row[1]) for row in await connection.fetch(PARKED, source)))


async def claim(connection: asyncpg.Connection, lock: int) -> bool:
    """Takes an advisory lock for the connection, unless another has it."""
    taken: bool = await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock)
    return taken


async def release(connection: asyncpg.Connection, lock: int) -> None:
    """Gives an advisory lock back."""
    await connection.execute("SELECT pg_advisory_unlock($1)", lock)


async def size(connection: asyncpg.Connection) -> int:
    """Bytes that the live tables take."""
    names = [*(table.name for table in TABLES), "contributor_sketch"]
    taken: int = await connection.fetchval(SIZE, names)
    return taken


@dataclass
class Differences:
    """How many rows differ, by table, and the first of them in words."""

    rows: dict[str, int] = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)
    sketches: dict[Key, bytes] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.rows.values())


class SketchComparison:
    """Sketches of both sides at one moment."""

    def __init__(self) -> None:
        self.counted: dict[Key, bytes] = {}
        self.taken_back: set[Key] = set()
        self.live: dict[Key, tuple[bytes, bool]] = {}

    async def load(self, connection: asyncpg.Connection, schema: str) -> None:
        for *parts, sketch, taken_back in await connection.fetch(SHADOW_SKETCHES.format(schema=schema)):
            key: Key = tuple(parts)
            self.counted[key] = merge([self.counted[key], sketch]) if key in self.counted else sketch
            if taken_back:
                self.taken_back.add(key)
        for row in await connection.fetch(LIVE_SKETCHES):
            self.live[row[0], row[1], row[2]] = (row[3], row[4])

    def undecided(self) -> list[Key]:
        """Those of which a part was taken back, and which live has renewed since: they need to be found exactly."""
        return [key for key in self.taken_back if not self.live.get(key, (b"", False))[1]]

    def decide(self, exact: Mapping[Key, bytes | None]) -> None:
        """Takes what those hold; None where nobody is left."""
        for key, sketch in exact.items():
            if sketch is None:
                self.counted.pop(key, None)
            else:
                self.counted[key] = sketch

    def differing(self) -> dict[Key, bytes]:
        """What should be there instead. One that waits to be renewed is no difference."""
        found = {}
        for key in self.counted.keys() | self.live.keys():
            sketch, stale = self.live.get(key, (None, False))
            if not stale and sketch != self.counted.get(key):
                found[key] = self.counted.get(key, EMPTY)
        return dict(sorted(found.items()))


def _parts(table: Table) -> dict[str, Any]:
    amounts = table.amounts
    return {
        "table": table,
        "keys": ", ".join(table.keys),
        "amounts": ", ".join(amounts),
        "negative": ", ".join(f"-{amount}" for amount in amounts),
        "sums": ", ".join(f"sum({amount})::bigint AS {amount}" for amount in amounts),
        "differ": " OR ".join(f"sum({amount}) <> 0" for amount in amounts),
        "nothing": " AND ".join(f"bool_and(NOT live OR {amount} = 0)" for amount in amounts),
        "added": ", ".join(f"{amount} = b.{amount} + excluded.{amount}" for amount in amounts),
        "same": " AND ".join(f"b.{key} = d.{key}" for key in table.keys),
        "empty": " AND ".join(f"b.{amount} = 0" for amount in amounts),
        "both": ", ".join(f"coalesce(b.{a}, 0) AS live_{a}, coalesce(b.{a}, 0) + d.{a} AS {a}" for a in amounts),
    }


async def find(connection: asyncpg.Connection, schema: str, measures: Sequence[Measure] | None) -> Differences:
    """Compares tables in the snapshot of the running transaction; differences stay in temporary tables."""
    found = Differences()
    for table in TABLES if measures is None else SPARSE:
        only = "" if measures is None else f"WHERE measure IN ({', '.join(str(m.value) for m in measures)})"
        parts = _parts(table) | {"schema": schema, "only": only, "shown": SHOWN}
        await connection.execute(f"DROP TABLE IF EXISTS pg_temp.difference_{table.name}")
        status = await connection.execute(DIFFERENCE.format(**parts))
        number = int(status.rsplit(" ", 1)[-1])
        if number:
            found.rows[table.name] = number
            found.samples += [_told(table, row) for row in await connection.fetch(FIRST.format(**parts))]
    return found


def _told(table: Table, row: asyncpg.Record) -> str:
    key = " ".join(_word(table, name, row[name]) for name in table.keys)
    changed = [
        f"{amount} {row[f'live_{amount}']}, counted {row[amount]}"
        for amount in table.amounts
        if row[f"live_{amount}"] != row[amount]
    ]
    return f"{table.name} {key}: {'; '.join(changed) or 'a row of nothing'}"


def _word(table: Table, name: str, value: Any) -> str:
    return Measure(value).label if name == "measure" else str(value)


async def correct(connection: asyncpg.Connection, found: Differences) -> None:
    """Adds the differences to the live rows, inside the caller's transaction."""
    if found.sketches:
        columns = zip(*((*key, sketch) for key, sketch in found.sketches.items()), strict=True)
        await connection.execute(RENEW_SKETCHES, *map(list, columns))
    # The order in which workers write tables.
    months, days, jurisdictions = TABLES[2:4], TABLES[0:2], TABLES[4:6]
    for table in (*months, *days):
        await _add(connection, table, found)
    await connection.execute(TOUCH, await _owners(connection, found, (*months, *days), "service_id"))
    for table in jurisdictions:
        await _add(connection, table, found)
    await connection.execute(TOUCH_ALL_OF, await _owners(connection, found, jurisdictions, "jurisdiction_id"))


async def _add(connection: asyncpg.Connection, table: Table, found: Differences) -> None:
    if table.name in found.rows:
        parts = _parts(table)
        await connection.execute(ADD.format(**parts))
        await connection.execute(DELETE_EMPTIED.format(**parts))


async def _owners(
    connection: asyncpg.Connection, found: Differences, tables: Sequence[Table], column: str
) -> list[str]:
    owners: set[str] = {key[0] for key in found.sketches} if column == "service_id" else set()
    for table in tables:
        if table.name in found.rows:
            rows = await connection.fetch(f"SELECT DISTINCT {column} FROM difference_{table.name}")
            owners.update(row[0] for row in rows)
    return sorted(owners)


State = Literal["not kept", "being built", "kept"]


class OnDemand(NamedTuple):
    """How far a measure on demand is: wanted, counted as events come, complete from the first event on."""

    measure: Measure
    wanted_at: datetime | None
    counted_since: datetime | None
    complete_at: datetime | None

    @property
    def state(self) -> State:
        if self.wanted_at is None:
            return "not kept"
        return "being built" if self.complete_at is None else "kept"


async def ensure_kept(connection: asyncpg.Connection, measures: Collection[str]) -> None:
    """Has measures, by their names, kept from now on; the worker builds those that are not. Others always are."""
    codes = [measure.value for measure in ON_DEMAND if measure.label in measures]
    if codes:
        await connection.execute(WANT, codes)


async def on_demand(connection: asyncpg.Connection) -> list[OnDemand]:
    """All measures on demand, in the order of their codes."""
    return [OnDemand(Measure(row[0]), *row[1:]) for row in await connection.fetch(ALL_ON_DEMAND)]


async def begin_counting(connection: asyncpg.Connection, measures: Sequence[Measure]) -> None:
    """From here on every batch counts these measures. Batches under way end before, and others begin afterwards."""
    await connection.execute("LOCK TABLE consumer_offset IN EXCLUSIVE MODE")
    await connection.execute(COUNT, [measure.value for measure in measures])


async def complete(connection: asyncpg.Connection, measures: Sequence[Measure]) -> None:
    """These measures hold all from the first event on: scores may rest on them."""
    await connection.execute(COMPLETE, [measure.value for measure in measures])
