"""Reading evidence: the only SQL on buckets for scores.

Days are read one by one where they are weighed, within six half-lives; earlier ones are added up by the database.
All statements of a reading see one moment, so that no event is in one grouping and not yet in the other.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from typing import NamedTuple, ParamSpec, TypeVar

import asyncpg
import numpy as np
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.buckets.measures import Measure
from services.metrics.enablers.store import reports_of
from services.metrics.objectives.store import objectives_of
from services.metrics.scores.cells import Cells
from services.metrics.scores.contributors import Sketch
from services.metrics.scores.evidence import Evidence, Inputs, JurisdictionEvidence, ServiceEvidence
from services.metrics.scores.series import Buckets, Series
from services.metrics.scores.statements import JURISDICTIONS as JURISDICTIONS_READ
from services.metrics.scores.statements import SERVICES as SERVICES_READ
from services.metrics.scores.statements import Read
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
SELECT service_id, array_agg(district_id), array_agg(month), array_agg(inputs) FROM bucket_month_cells
WHERE service_id = ANY ($1) AND month BETWEEN $2 AND $3 AND inputs <> 0 GROUP BY service_id
"""
SKETCHES = """
SELECT service_id, array_agg(month), array_agg(sketch), array_agg(stale) FROM contributor_sketch
WHERE service_id = ANY ($1) AND month BETWEEN $2 AND $3 GROUP BY service_id
"""

MANY = 20
"""Owners whose rows take long to be looked through."""

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
    inputs = await database.fetch(INPUTS, ids, *span.months)
    sketches = await database.fetch(SKETCHES, ids, *span.months)
    objectives, reports = await objectives_of(database, ids), await reports_of(database, ids)
    found = await _made_of(ids, _services, services, buckets, inputs, sketches)
    groups: dict[str, list[ServiceEvidence]] = {}
    for each in found:
        of_it = objectives.get(each.service_id, ()), reports.get(each.service_id, ())
        groups.setdefault(each.jurisdiction_id, []).append(replace(each, objectives=of_it[0], reports=of_it[1]))
    return [Evidence(await jurisdiction_evidence(database, key, span), group) for key, group in sorted(groups.items())]


async def jurisdiction_evidence(database: asyncpg.Connection, jurisdiction_id: str, span: Span) -> JurisdictionEvidence:
    """What priors rest on, and who lives there."""
    known = await database.fetch(JURISDICTION, jurisdiction_id)
    buckets = await buckets_of(database, JURISDICTIONS_READ, [jurisdiction_id], span, sparse=False)
    districts = {row["district_id"]: row["district_population"] for row in known if row["district_id"] is not None}
    return JurisdictionEvidence(
        jurisdiction_id, buckets.get(jurisdiction_id, Buckets()), known[0]["population"], districts
    )


def _services(rows: Rows, buckets: Mapping[str, Buckets], inputs: Rows, sketches: Rows) -> list[ServiceEvidence]:
    inputs_of = {row[0]: _inputs(row) for row in inputs}
    sketches_of = {row[0]: _sketches(row) for row in sketches}
    return [
        ServiceEvidence(
            row["id"],
            row["jurisdiction_id"],
            buckets.get(row["id"], Buckets()),
            _targets(row),
            inputs_of.get(row["id"], ()),
            sketches_of.get(row["id"], ()),
            name=row["name"],
        )
        for row in rows
    ]


def _targets(row: Row) -> dict[str, int]:
    targets = {"resolution": row["resolution_target"], "first-answer": row["first_answer_target"]}
    return {name: seconds for name, seconds in targets.items() if seconds is not None}


P = ParamSpec("P")
R = TypeVar("R")


async def _made_of(owners: Sequence[str], make: Callable[P, R], *arguments: P.args, **options: P.kwargs) -> R:
    """What is made of the rows of some owners: in a thread where they are many, for others wait to be answered."""
    if len(owners) < MANY:
        return make(*arguments, **options)
    return await asyncio.to_thread(make, *arguments, **options)


async def buckets_of(
    database: asyncpg.Connection, statements: Read, owners: Sequence[str], span: Span, *, sparse: bool = True
) -> dict[str, Buckets]:
    """The buckets of each owner, those within the span one by one; without `sparse`, only what has cells."""
    days = span.start, span.last
    cells = await database.fetch(statements.cells, owners, *days)
    before = await database.fetch(statements.earlier_cells, owners, span.start)
    rows = await database.fetch(statements.sparse, owners, *days) if sparse else []
    rows_before = await database.fetch(statements.earlier_sparse, owners, span.start) if sparse else []
    return await _made_of(owners, series_of, cells, before, rows, rows_before)


def series_of(cells: Rows, before: Rows, rows: Rows, rows_before: Rows) -> dict[str, Buckets]:
    """What `statements.Read` found, by owner."""
    columns = {owner: numbers(sent) for owner, sent in cells if sent is not None}
    earlier = {row[0]: row[1:] for row in before}
    counts: dict[tuple[str, int], dict[int, int]] = {}
    for row in rows_before:
        counts.setdefault((row[0], row["measure"]), {})[row["bin"]] = row["count"]
    found: dict[str, dict[str, Series]] = {}
    for (owner, measure), by_bin in counts.items():
        found.setdefault(owner, {})[Measure(measure).label] = Series(earlier=by_bin)
    for row in rows:
        by_bin = counts.get((row[0], row["measure"]), {})
        found.setdefault(row[0], {})[Measure(row["measure"]).label] = of_rows(row, by_bin)
    return {
        owner: Buckets(found.get(owner, {}), Cells.of(columns.get(owner), earlier.get(owner)))
        for owner in {**columns, **earlier, **found}
    }


def of_rows(row: Row, earlier: Mapping[int, int]) -> Series:
    """A sparse measure's rows."""
    bins, days, counts, totals = numbers(row["sent"]).T
    return Series.unordered(bins, days, counts, totals, earlier)


_ELEMENT = np.dtype([("length", ">i4"), ("number", ">i8")])
_HEAD = np.dtype([("fixed", ">i4", 3), ("rows", ">i4"), ("from", ">i4"), ("columns", ">i4"), ("from_too", ">i4")])
"""What stands before the elements of an array with two dimensions, as PostgreSQL sends it."""


def numbers(sent: bytes) -> Integers:
    """An array of arrays of bigint without NULL, as `array_send` gives it."""
    [head] = np.frombuffer(sent, dtype=_HEAD, count=1)
    found = np.frombuffer(sent, dtype=_ELEMENT, offset=_HEAD.itemsize)["number"].astype(np.int64)
    return found.reshape(head["rows"], head["columns"])


def _inputs(row: Row) -> list[Inputs]:
    _, districts, months, counts = row
    return list(map(Inputs, districts, map(month_of, months), counts))


def _sketches(row: Row) -> list[Sketch]:
    _, months, sketches, stale = row
    return list(map(Sketch, map(month_of, months), sketches, stale))
