"""Reading evidence: the only SQL on buckets for scores.

Rows are read one by one where decay weighs them, within six half-lives; earlier ones are added up by the database.
All statements of a reading see one moment, so that no event is in one grouping and not yet in the other.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import NamedTuple

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.buckets.measures import Measure
from services.metrics.scores.contributors import Sketch
from services.metrics.scores.evidence import Evidence, Inputs, JurisdictionEvidence, ServiceEvidence
from services.metrics.scores.indicators import PRIOR_MEASURES
from services.metrics.scores.series import Buckets, Series
from services.metrics.scores.weighing import Time, first_day, month_of
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
DURATIONS = f"{Measure.TIME_TO_ANSWER:d}, {Measure.TIME_TO_CLOSE:d}"
# Days are counted as `date.toordinal` does. Totals are needed of outcomes and ratings alone, not of durations.
BUCKETS = """
SELECT {key} AS key, measure, bin,
       array_agg(day - DATE '0001-01-01' + 1) FILTER (WHERE day >= $3) AS days,
       array_agg(count) FILTER (WHERE day >= $3) AS counts,
       array_agg(total) FILTER (WHERE day >= $3 AND measure NOT IN ({durations})) AS totals,
       coalesce(sum(count) FILTER (WHERE day < $3), 0)::bigint AS earlier
FROM {table} WHERE {key} = ANY ($1) AND measure = ANY ($2::smallint[]) AND day <= $4
GROUP BY {key}, measure, bin
"""
SERVICE_BUCKETS = BUCKETS.format(key="service_id", table="bucket_day", durations=DURATIONS)
JURISDICTION_BUCKETS = BUCKETS.format(key="jurisdiction_id", table="bucket_jurisdiction", durations=DURATIONS)
INPUTS = f"""
SELECT service_id, district_id, month, count FROM bucket_month
WHERE service_id = ANY ($1) AND measure = {Measure.INPUTS:d} AND month BETWEEN $2 AND $3
"""
SKETCHES = """
SELECT service_id, month, sketch, stale FROM contributor_sketch
WHERE service_id = ANY ($1) AND month BETWEEN $2 AND $3
"""

SERVICE_CODES = [measure.value for measure in Measure if measure != Measure.INPUTS]
PRIOR_CODES = [measure.value for measure in Measure if measure.label in PRIOR_MEASURES]

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
    series = _grouped(await database.fetch(SERVICE_BUCKETS, ids, SERVICE_CODES, span.start, span.last))
    inputs = _grouped(await database.fetch(INPUTS, ids, *span.months))
    sketches = _grouped(await database.fetch(SKETCHES, ids, *span.months))
    found: dict[str, list[ServiceEvidence]] = {}
    for row in services:
        key = row["id"]
        one = _service(row, series.get(key, ()), inputs.get(key, ()), sketches.get(key, ()))
        found.setdefault(one.jurisdiction_id, []).append(one)
    return [Evidence(await jurisdiction_evidence(database, key, span), group) for key, group in sorted(found.items())]


async def jurisdiction_evidence(database: asyncpg.Connection, jurisdiction_id: str, span: Span) -> JurisdictionEvidence:
    """What priors rest on, and who lives there."""
    known = await database.fetch(JURISDICTION, jurisdiction_id)
    series = await database.fetch(JURISDICTION_BUCKETS, [jurisdiction_id], PRIOR_CODES, span.start, span.last)
    districts = {row["district_id"]: row["district_population"] for row in known if row["district_id"] is not None}
    return JurisdictionEvidence(jurisdiction_id, _buckets(series), known[0]["population"], districts)


def _service(row: Row, series: Rows, inputs: Rows, sketches: Rows) -> ServiceEvidence:
    targets = {"resolution": row["resolution_target"], "first-answer": row["first_answer_target"]}
    return ServiceEvidence(
        row["id"],
        row["jurisdiction_id"],
        _buckets(series),
        {name: seconds for name, seconds in targets.items() if seconds is not None},
        [Inputs(each["district_id"], month_of(each["month"]), each["count"]) for each in inputs],
        [Sketch(month_of(each["month"]), each["sketch"], each["stale"]) for each in sketches],
        name=row["name"],
    )


def _buckets(series: Rows) -> Buckets:
    found: dict[str, dict[int, Series]] = {}
    for row in series:
        of_measure = found.setdefault(Measure(row["measure"]).label, {})
        of_measure[row["bin"]] = Series(row["days"] or (), row["counts"] or (), row["totals"] or (), row["earlier"])
    return Buckets(found)


def _grouped(rows: Rows) -> dict[str, list[Row]]:
    """Rows by the service or jurisdiction that they are about, which is their first column."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return found
