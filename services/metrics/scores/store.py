"""Reading evidence: the only SQL on buckets for scores.

Days are read one by one where they are weighed, within six half-lives; earlier ones are added up by the database.
All statements of a reading see one moment, so that no event is in one grouping and not yet in the other.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from typing import NamedTuple

import asyncpg
import numpy as np
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.buckets.measures import COLUMNS, Cell, Measure
from services.metrics.enablers.store import reports_of
from services.metrics.objectives.store import objectives_of
from services.metrics.scores.contributors import Sketch
from services.metrics.scores.evidence import Evidence, Inputs, JurisdictionEvidence, ServiceEvidence
from services.metrics.scores.series import Buckets, Series
from services.metrics.scores.statements import CELLS_OF, Read, totals_of
from services.metrics.scores.statements import JURISDICTIONS as JURISDICTIONS_READ
from services.metrics.scores.statements import SERVICES as SERVICES_READ
from services.metrics.scores.weighing import Integers, Time, first_day, month_of
from shared.database import connection

# A service is known from the catalogue, from events, or from both.
SERVICES = """
SELECT wanted.id, coalesce(s.jurisdiction_id, a.jurisdiction_id) AS jurisdiction_id, s.name,
       s.resolution_target, s.first_answer_target
FROM unnest($1::text[]) AS wanted (id) LEFT JOIN service s ON s.id = wanted.id
LEFT JOIN service_activity a ON a.service_id = wanted.id
WHERE s.id IS NOT NULL OR a.service_id IS NOT NULL ORDER BY wanted.id
"""
SERVICES_OF_JURISDICTION = """
SELECT id FROM service WHERE jurisdiction_id = $1
UNION SELECT service_id FROM service_activity a WHERE jurisdiction_id = $1
      AND NOT EXISTS (SELECT FROM service s WHERE s.id = a.service_id)
ORDER BY id
"""
# Any event and any change of the catalogue moves the sum.
VERSION = """
SELECT coalesce(sum(touched), 0)::bigint AS version,
       count(*) > 0 OR EXISTS (SELECT FROM jurisdiction WHERE id = $1) AS known
FROM service_activity WHERE jurisdiction_id = $1
"""
JURISDICTION = """
SELECT j.population, d.id AS district_id, d.population AS district_population
FROM unnest(ARRAY[$1]) AS wanted (id) LEFT JOIN jurisdiction j ON j.id = wanted.id
LEFT JOIN district d ON d.jurisdiction_id = wanted.id ORDER BY d.id
"""
INPUTS = """
SELECT service_id, district_id, month, inputs AS count FROM bucket_month_cells
WHERE service_id = ANY ($1) AND month BETWEEN $2 AND $3 AND inputs <> 0
"""
SKETCHES = """
SELECT service_id, month, sketch, stale FROM contributor_sketch
WHERE service_id = ANY ($1) AND month BETWEEN $2 AND $3
"""

Row = asyncpg.Record
Rows = Sequence[Row]


class Span(NamedTuple):
    """What must be read: from which day on observations are looked at one by one, and which months."""

    start: date
    last: date
    months: tuple[date, date]

    @classmethod
    def of(cls, times: Sequence[Time], half_life: int) -> "Span":
        """All that scores at some times look at, by a scorecard whose longest half-life is given."""
        weighings = [time.weighing for time in times]
        months = min(each.months.start for each in weighings), max(each.months.stop - 1 for each in weighings)
        start = min(first_day(months[0]), *(each.reach(half_life) for each in weighings))
        last = date.fromordinal(max(each.last for each in weighings))
        earliest, latest = (date.fromordinal(first_day(month)) for month in months)
        return cls(date.fromordinal(start), last, (earliest, latest))


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[asyncpg.Connection]:
    """A connection whose statements all see the same moment."""
    async with connection(engine) as database, database.transaction(isolation="repeatable_read", readonly=True):
        yield database


async def services_of(database: asyncpg.Connection, jurisdiction_id: str) -> list[str]:
    """The ids of all services of a jurisdiction that are known here."""
    return [row["id"] for row in await database.fetch(SERVICES_OF_JURISDICTION, jurisdiction_id)]


async def version_of(database: asyncpg.Connection, jurisdiction_id: str) -> int | None:
    """A number that changes with all that a jurisdiction's scores rest on; None if nothing is known of it."""
    row = await database.fetchrow(VERSION, jurisdiction_id)
    return row["version"] if row and row["known"] else None


async def read(database: asyncpg.Connection, service_ids: Sequence[str], span: Span) -> list[Evidence]:
    """The evidence on services within a span, by jurisdiction; what is unknown here is left out."""
    services = await database.fetch(SERVICES, service_ids)
    if not services:
        return []
    ids = [row["id"] for row in services]
    buckets = await buckets_of(database, SERVICES_READ, ids, span)
    inputs = _grouped(await database.fetch(INPUTS, ids, *span.months))
    sketches = _grouped(await database.fetch(SKETCHES, ids, *span.months))
    objectives, reports = await objectives_of(database, ids), await reports_of(database, ids)
    found: dict[str, list[ServiceEvidence]] = {}
    for row in services:
        key = row["id"]
        one = replace(
            _service(row, buckets.get(key, Buckets()), inputs.get(key, ()), sketches.get(key, ())),
            objectives=objectives.get(key, ()),
            reports=reports.get(key, ()),
        )
        found.setdefault(one.jurisdiction_id, []).append(one)
    return [Evidence(await jurisdiction_evidence(database, key, span), group) for key, group in sorted(found.items())]


async def jurisdiction_evidence(database: asyncpg.Connection, jurisdiction_id: str, span: Span) -> JurisdictionEvidence:
    """What priors rest on, and who lives there."""
    known = await database.fetch(JURISDICTION, jurisdiction_id)
    buckets = await buckets_of(database, JURISDICTIONS_READ, [jurisdiction_id], span, sparse=False)
    districts = {row["district_id"]: row["district_population"] for row in known if row["district_id"] is not None}
    return JurisdictionEvidence(
        jurisdiction_id, buckets.get(jurisdiction_id, Buckets()), known[0]["population"], districts
    )


def _service(row: Row, buckets: Buckets, inputs: Rows, sketches: Rows) -> ServiceEvidence:
    targets = {"resolution": row["resolution_target"], "first-answer": row["first_answer_target"]}
    return ServiceEvidence(
        row["id"],
        row["jurisdiction_id"],
        buckets,
        {name: seconds for name, seconds in targets.items() if seconds is not None},
        [Inputs(each["district_id"], month_of(each["month"]), each["count"]) for each in inputs],
        [Sketch(month_of(each["month"]), each["sketch"], each["stale"]) for each in sketches],
        name=row["name"],
    )


async def buckets_of(
    database: asyncpg.Connection, statements: Read, owners: Sequence[str], span: Span, *, sparse: bool = True
) -> dict[str, Buckets]:
    """The buckets of each owner, those within the span one by one; without `sparse`, only what has cells."""
    days = span.start, span.last
    cells = await database.fetch(statements.cells, owners, *days)
    before = await database.fetch(statements.earlier_cells, owners, span.start)
    rows = await database.fetch(statements.sparse, owners, *days) if sparse else []
    rows_before = await database.fetch(statements.earlier_sparse, owners, span.start) if sparse else []
    return series_of(cells, before, rows, rows_before)


def series_of(cells: Rows, before: Rows, rows: Rows, rows_before: Rows) -> dict[str, Buckets]:
    """What `statements.Read` found, by owner."""
    earlier = {row[0]: row for row in before}
    found: dict[str, dict[str, Series]] = {
        owner: {name: _of_cells(cells, {}, earlier[owner]) for name, cells in CELLS_OF.items()} for owner in earlier
    }
    for row in cells:
        columns = {name: integers(row[name]) for name in ("days", *COLUMNS) if row[name] is not None}
        if columns:
            of_owner = found.setdefault(row[0], {})
            of_owner |= {name: _of_cells(cells, columns, earlier.get(row[0])) for name, cells in CELLS_OF.items()}
    counts: dict[tuple[str, int], dict[int, int]] = {}
    for row in rows_before:
        counts.setdefault((row[0], row["measure"]), {})[row["bin"]] = row["count"]
    for (owner, measure), by_bin in counts.items():
        found.setdefault(owner, {})[Measure(measure).label] = Series(earlier=by_bin)
    for row in rows:
        by_bin = counts.get((row[0], row["measure"]), {})
        found.setdefault(row[0], {})[Measure(row["measure"]).label] = of_rows(row, by_bin)
    return {owner: Buckets(series) for owner, series in found.items()}


def of_rows(row: Row, earlier: Mapping[int, int]) -> Series:
    """A sparse measure's rows."""
    bins, days, counts, totals = (integers(row[name]) for name in ("bins", "days", "counts", "totals"))
    return Series.unordered(bins, days, counts, totals, earlier)


def _of_cells(cells: Sequence[Cell], columns: Mapping[str, Integers], before: Row | None) -> Series:
    """A measure's cells that are not empty, as rows."""
    earlier = {} if before is None else {cell.bin: before[cell.counts] for cell in cells}
    if not columns:
        return Series(earlier=earlier)
    counts = [columns[cell.counts] for cell in cells]
    totals = [totals_of(cell, count, columns.get(cell.totals or "")) for cell, count in zip(cells, counts, strict=True)]
    size = columns["days"].size
    bins = np.repeat(np.array([cell.bin for cell in cells], dtype=np.int64), size)
    table = np.stack([bins, np.tile(columns["days"], len(cells)), np.concatenate(counts), np.concatenate(totals)])
    bins, days, count, total = table[:, (table[2] != 0) | (table[3] != 0)]
    return Series(bins, days, count, total, earlier)


_ELEMENT = np.dtype([("length", ">i4"), ("number", ">i8")])
_HEAD = 20
"""Bytes before the elements of an array with one dimension, as PostgreSQL sends it."""


def integers(sent: bytes) -> Integers:
    """An array of bigint without NULL, as `array_send` gives it."""
    return np.frombuffer(sent, dtype=_ELEMENT, offset=_HEAD)["number"].astype(np.int64)


def _grouped(rows: Rows) -> dict[str, list[Row]]:
    """Rows by the service or jurisdiction that they are about, which is their first column."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return found
