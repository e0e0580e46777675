"""Finding subjects, and reading what their services' buckets hold together.

The database adds up what the services have in common; durations are kept apart by the target that they are held
against. All statements of a reading see one moment (`scores.store.reading`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import asyncpg

from services.metrics.buckets.measures import CELLS, DURATIONS, Measure
from services.metrics.buckets.sketches import sketch_of
from services.metrics.enablers.store import reports_of
from services.metrics.objectives.domain import REPORTED, Objective
from services.metrics.objectives.store import objectives_of
from services.metrics.scores.contributors import Sketch
from services.metrics.scores.evidence import ENOUGH_TOLD, Evidence, Inputs, JurisdictionEvidence, ServiceEvidence
from services.metrics.scores.series import Buckets, Series
from services.metrics.scores.statements import EARLIER_RELATIVE_TIMES, RELATIVE_TIMES, Read
from services.metrics.scores.statements import JURISDICTIONS as JURISDICTIONS_READ
from services.metrics.scores.statements import SERVICES as SERVICES_READ
from services.metrics.scores.store import Span, jurisdiction_evidence, of_rows, read, series_of, services_of
from services.metrics.scores.weighing import month_of
from services.metrics.subjects.privacy import Cell, told_districts, told_services
from services.metrics.subjects.subject import Kind, Subject

SERVICE = """
SELECT wanted.id, s.name, coalesce(s.jurisdiction_id, a.jurisdiction_id) AS jurisdiction_id
FROM unnest(ARRAY[$1]) AS wanted (id) LEFT JOIN service s ON s.id = wanted.id
LEFT JOIN service_activity a ON a.service_id = wanted.id WHERE s.id IS NOT NULL OR a.service_id IS NOT NULL
"""
DISTRICT = "SELECT id, name, jurisdiction_id, population FROM district WHERE id = $1"
FOCAL_AREA = "SELECT id FROM service WHERE jurisdiction_id = $1 AND focal_area = $2 ORDER BY id"
ORGANISATION = "SELECT id, name, jurisdiction_id FROM organisation WHERE id = $1"
OWN_SERVICES = "SELECT id FROM service WHERE organisation_id = $1 ORDER BY id"
# UNION, not UNION ALL: organisations that lie within each other end the search all the same.
SERVICES_BELOW = """
WITH RECURSIVE below AS (
    SELECT $1::text AS id UNION SELECT o.id FROM organisation o JOIN below b ON o.parent_id = b.id)
SELECT s.id FROM service s JOIN below b ON s.organisation_id = b.id ORDER BY s.id
"""
JURISDICTION = """
SELECT wanted.id, j.name FROM unnest(ARRAY[$1]) AS wanted (id) LEFT JOIN jurisdiction j ON j.id = wanted.id
WHERE j.id IS NOT NULL OR EXISTS (SELECT FROM service_activity WHERE jurisdiction_id = wanted.id)
"""
REGION = "SELECT id, name FROM region WHERE id = $1"
JURISDICTIONS_OF_REGION = """
WITH RECURSIVE within AS (
    SELECT $1::text AS id UNION SELECT r.id FROM region r JOIN within w ON r.parent_id = w.id)
SELECT DISTINCT jsonb_array_elements_text(r.jurisdiction_ids) AS id FROM region r JOIN within USING (id) ORDER BY id
"""
PARTS = {
    Kind.JURISDICTION: "SELECT id FROM jurisdiction ORDER BY id",
    Kind.DISTRICT: "SELECT id FROM district WHERE jurisdiction_id = $1 ORDER BY id",
    Kind.FOCAL_AREA: """
        SELECT DISTINCT focal_area AS id FROM service WHERE jurisdiction_id = $1 AND focal_area IS NOT NULL ORDER BY id
        """,
    Kind.ORGANISATION: """
        SELECT id FROM organisation o WHERE jurisdiction_id = $1
        AND EXISTS (SELECT FROM service s WHERE s.organisation_id = o.id) ORDER BY id
        """,
}
TIMES = ", ".join(f"{measure:d}" for measure in DURATIONS)
VERSION_OF_ALL = """
SELECT coalesce((SELECT sum(touched) FROM service_activity), 0)::bigint
     + coalesce((SELECT sum(version) FROM jurisdiction), 0) + coalesce((SELECT sum(version) FROM region), 0)
"""
TARGETS = "SELECT DISTINCT resolution_target, first_answer_target FROM service WHERE id = ANY ($1)"
TARGET = f"CASE measure WHEN {Measure.TIME_TO_ANSWER:d} THEN s.first_answer_target ELSE s.resolution_target END"
# What a month of a district holds counts on the month's last day.
LAST_DAY = "(month + interval '1 month' - interval '1 day')::date"
DISTRICT_MONTHS = f"""
SELECT month, measure, bin, target, sum(count)::bigint AS count, sum(total)::bigint AS total FROM (
    SELECT month, measure, bin, count, total,
           CASE WHEN measure IN ({TIMES}) THEN {TARGET} ELSE 0 END AS target
    FROM bucket_month LEFT JOIN service s ON s.id = service_id
    WHERE service_id = ANY ($1) AND district_id = $2 AND month <= $3) AS each
WHERE target IS NOT NULL GROUP BY month, measure, bin, target
"""
INPUTS = f"""
SELECT district_id, month, sum(count)::bigint AS count FROM bucket_month
WHERE service_id = ANY ($1) AND measure = {Measure.INPUTS:d} AND month BETWEEN $2 AND $3 GROUP BY district_id, month
"""
SKETCHES = """
SELECT month, sketch, stale FROM contributor_sketch WHERE service_id = ANY ($1) AND month BETWEEN $2 AND $3
"""
DISTRICT_SKETCHES = """
SELECT month, sketch, stale FROM contributor_sketch
WHERE service_id = ANY ($1) AND district_id = $2 AND month BETWEEN $3 AND $4
"""

# The scorer comes by every service that is due, in a minute where much is due at once.
STATE = """
a.touched = a.scored AND coalesce(j.touched, 0) = a.scored_with AS current,
a.scored_at > clock_timestamp() - interval '10 minutes' AS lately
"""
PUBLISHED = f"""
SELECT c.service_id, c.body, NULL AS name, c.as_of, c.scorecard, active.label AS active, {STATE}
FROM score c JOIN service_activity a USING (service_id)
LEFT JOIN jurisdiction_activity j ON j.jurisdiction_id = a.jurisdiction_id
LEFT JOIN LATERAL (SELECT label FROM scorecard_activation WHERE jurisdiction_id = c.jurisdiction_id
                   ORDER BY number DESC LIMIT 1) AS active ON true
WHERE c.service_id = ANY ($1)
"""
ALL_PUBLISHED = f"""
SELECT c.service_id, c.body, s.name, c.as_of, c.scorecard, NULL AS active, {STATE}
FROM (SELECT id FROM service WHERE jurisdiction_id = $1
      UNION SELECT service_id FROM service_activity WHERE jurisdiction_id = $1) AS wanted
LEFT JOIN service s ON s.id = wanted.id LEFT JOIN score c ON c.service_id = wanted.id
LEFT JOIN service_activity a ON a.service_id = wanted.id
LEFT JOIN jurisdiction_activity j ON j.jurisdiction_id = a.jurisdiction_id
"""

ASIDE = {Measure.RESOLUTION: (2, 3)}
"""Bins that no figure counts: duplicates and what was invalid."""
TOLD = (
    Measure.INPUTS, Measure.ANSWERED, Measure.RESOLUTION, Measure.ON_TIME, Measure.FIRST_TIME_FIX, Measure.RATING,
    Measure.DECIDED, Measure.PLEDGE_KEPT, Measure.CONTRIBUTED, *DURATIONS,
)  # fmt: skip
"""What is told of districts; stocks, which need every month, are not."""


def _counted(measure: Measure) -> str:
    aside = ASIDE.get(measure, ())
    return " + ".join(cell.counts for cell in CELLS if cell.measure == measure and cell.bin not in aside)


MEASURED = ", ".join(
    f"sum({_counted(measure)})::bigint AS m{measure:d}" for measure in TOLD if measure not in DURATIONS
)
TIMED = ", ".join(f"coalesce(sum(count) FILTER (WHERE measure = {m:d}), 0)::bigint AS m{m:d}" for m in DURATIONS)
# Sketches grow with the people in them: their length tells whether there are enough without looking into them.
LENGTH = len(sketch_of(map(str, range(ENOUGH_TOLD))))
COUNTS = f"""
SELECT {{keys}}, {MEASURED} FROM bucket_month_cells WHERE service_id = ANY ($1) AND month <= $2 GROUP BY {{keys}}
"""
TIME_COUNTS = f"""
SELECT {{keys}}, {TIMED} FROM bucket_month_sparse
WHERE service_id = ANY ($1) AND month <= $2 AND measure IN ({TIMES}) GROUP BY {{keys}}
"""
CROWDS = f"""
SELECT {{keys}} FROM contributor_sketch WHERE service_id = ANY ($1) AND month <= $2
GROUP BY {{keys}} HAVING max(octet_length(sketch)) >= {LENGTH}
"""
HANDFULS = f"""
SELECT {{keys}}, array_agg(sketch) AS sketches FROM contributor_sketch WHERE service_id = ANY ($1) AND month <= $2
GROUP BY {{keys}} HAVING max(octet_length(sketch)) < {LENGTH}
"""

Row = asyncpg.Record
Months = dict[int, set[date]]
"""The months of which may be told, by measure."""


class PublishedScore(NamedTuple):
    """A score as it was published last. `current`: nothing has changed since; `lately`: the scorer saw it lately.

    `active` is the scorecard that its jurisdiction has chosen, where it has and where that was asked for.
    """

    body: bytes
    name: str | None
    as_of: date
    scorecard: str
    active: str | None
    current: bool
    lately: bool


async def published(database: asyncpg.Connection, service_ids: Sequence[str]) -> dict[str, PublishedScore]:
    """The scores of those services of which one was published."""
    return {row["service_id"]: _published(row) for row in await database.fetch(PUBLISHED, service_ids)}


async def all_published(database: asyncpg.Connection, jurisdiction_id: str) -> list[PublishedScore] | None:
    """The scores of all services of a jurisdiction; None if one has none."""
    rows = await database.fetch(ALL_PUBLISHED, jurisdiction_id)
    return None if any(row["body"] is None for row in rows) else [_published(row) for row in rows]


def _published(row: Row) -> PublishedScore:
    _, body, name, as_of, scorecard, active, current, lately = row
    return PublishedScore(body.encode(), name, as_of, scorecard, active, bool(current), bool(current or lately))


async def find_service(database: asyncpg.Connection, id: str) -> Subject | None:
    """A service that the catalogue or an event names."""
    row = await database.fetchrow(SERVICE, id)
    return Subject(Kind.SERVICE, id, row["name"], [row["jurisdiction_id"]], [id]) if row else None


async def find_district(database: asyncpg.Connection, id: str, service_id: str | None = None) -> Subject | None:
    """A district with all services of its city, or with one of them; None if it has no such service either."""
    row = await database.fetchrow(DISTRICT, id)
    if row is None:
        return None
    services = await services_of(database, row["jurisdiction_id"])
    if service_id is not None and service_id not in services:
        return None
    return Subject(
        Kind.DISTRICT, row["id"], row["name"], [row["jurisdiction_id"]], services, row["population"] or 0, service_id
    )


async def find_focal_area(database: asyncpg.Connection, id: str, jurisdiction_id: str) -> Subject | None:
    """The services of a city that serve a focal area."""
    services = [row["id"] for row in await database.fetch(FOCAL_AREA, jurisdiction_id, id)]
    return Subject(Kind.FOCAL_AREA, id, None, [jurisdiction_id], services) if services else None


async def find_organisation(database: asyncpg.Connection, id: str, *, below: bool = False) -> Subject | None:
    """The services that an organisation runs; with `below` also those of organisations below it."""
    row = await database.fetchrow(ORGANISATION, id)
    if row is None:
        return None
    services = [each["id"] for each in await database.fetch(SERVICES_BELOW if below else OWN_SERVICES, id)]
    return Subject(Kind.ORGANISATION, row["id"], row["name"], [row["jurisdiction_id"]], services)


async def find_jurisdiction(database: asyncpg.Connection, id: str) -> Subject | None:
    """A city with all of its services."""
    row = await database.fetchrow(JURISDICTION, id)
    return Subject(Kind.JURISDICTION, id, row["name"], [id], await services_of(database, id)) if row else None


async def find_region(database: asyncpg.Connection, id: str) -> Subject | None:
    """The cities of a region, and of regions within it."""
    row = await database.fetchrow(REGION, id)
    if row is None:
        return None
    cities = [each["id"] for each in await database.fetch(JURISDICTIONS_OF_REGION, id)]
    services = [service for city in cities for service in await services_of(database, city)]
    return Subject(Kind.REGION, row["id"], row["name"], cities, services)


async def version_of_all(database: asyncpg.Connection, region_id: str | None) -> int | None:
    """A number that changes with all that scores of jurisdictions rest on; None if there is no such region."""
    if region_id is not None and await database.fetchrow(REGION, region_id) is None:
        return None
    version: int = await database.fetchval(VERSION_OF_ALL)
    return version


async def parts_of(database: asyncpg.Connection, kind: Kind, within: str | None) -> list[Subject]:
    """All districts, focal areas or organisations of a city; or the cities of a region, or all that there are."""
    if kind is Kind.JURISDICTION and within is not None:
        region = await find_region(database, within)
        ids = list(region.jurisdictions) if region else []
    else:
        ids = [row["id"] for row in await database.fetch(PARTS[kind], *([within] if within else []))]
    jurisdiction_id = within or ""
    match kind:
        case Kind.DISTRICT:
            found = [await find_district(database, id) for id in ids]
        case Kind.FOCAL_AREA:
            found = [await find_focal_area(database, id, jurisdiction_id) for id in ids]
        case Kind.JURISDICTION:
            found = [await find_jurisdiction(database, id) for id in ids]
        case _:
            found = [await find_organisation(database, id) for id in ids]
    return [each for each in found if each is not None]


async def evidence_of(database: asyncpg.Connection, subject: Subject, span: Span, today: date) -> Evidence:
    """All that a subject's scores within a span rest on."""
    if subject.kind is Kind.SERVICE:
        [evidence] = await read(database, [subject.id], span)
        return evidence
    around = [await jurisdiction_evidence(database, each, span) for each in subject.jurisdictions]
    if subject.kind is Kind.DISTRICT:
        return Evidence(around[0], [await _district(database, subject, span, today)])
    found = await _pooled(database, subject, span)
    return Evidence(_joined(found, around) if subject.is_whole else around[0], [found])


def _joined(subject: ServiceEvidence, parts: Sequence[JurisdictionEvidence]) -> JurisdictionEvidence:
    """What is known of several cities as of one: their inhabitants together, where each one's are known."""
    known = all(each.inhabitants for each in parts)
    return JurisdictionEvidence(
        subject.service_id,
        subject.buckets,
        population=sum(each.inhabitants for each in parts) if known else 0,
        districts={name: population for each in parts for name, population in each.districts.items()},
        is_subject=True,
    )


async def _pooled(database: asyncpg.Connection, subject: Subject, span: Span) -> ServiceEvidence:
    services = list(subject.services)
    owners = list(subject.jurisdictions) if subject.is_whole else services
    inputs = await database.fetch(INPUTS, services, *span.months)
    sketches = await database.fetch(SKETCHES, services, *span.months)
    return ServiceEvidence(
        subject.id,
        subject.jurisdiction_id or "",
        await _sums(database, JURISDICTIONS_READ if subject.is_whole else SERVICES_READ, owners, span),
        durations=await _durations(database, services, span),
        inputs=[Inputs(row["district_id"], month_of(row["month"]), row["count"]) for row in inputs],
        sketches=_sketches(sketches),
        name=subject.name,
        objectives=_of_all(await objectives_of(database, services), len(services)),
        reports=[each for found in (await reports_of(database, services)).values() for each in found],
    )


def _of_all(objectives: Mapping[str, Sequence[Objective]], services: int) -> list[Objective]:
    """Objectives that can be told of services together: by figures of the city, or those that name every service."""
    each = {objective.id: objective for found in objectives.values() for objective in found}
    named = Counter(objective.id for found in objectives.values() for objective in found)
    return [each[id] for id in sorted(each) if each[id].source == REPORTED or named[id] == services]


async def _sums(database: asyncpg.Connection, statements: Read, owners: Sequence[str], span: Span) -> Buckets:
    """The buckets of several owners together, durations aside."""
    cells = await database.fetch(statements.pooled_cells, owners, span.start, span.last)
    rows = await database.fetch(statements.pooled_sparse, owners, span.start, span.last)
    before = await database.fetch(statements.earlier_pooled_cells, owners, span.start)
    rows_before = await database.fetch(statements.earlier_pooled_sparse, owners, span.start)
    return series_of(cells, before, rows, rows_before).get("", Buckets())


async def _durations(
    database: asyncpg.Connection, services: Sequence[str], span: Span
) -> dict[str, dict[int, Buckets]]:
    """Durations of several services by measure and target; each target is there, without any duration too."""
    targets = await _targets(database, services)
    rows = await database.fetch(RELATIVE_TIMES, services, span.start, span.last)
    before = await database.fetch(EARLIER_RELATIVE_TIMES, services, span.start)
    earlier = {(row["measure"], row["target"]): {0: row["count"]} for row in before}
    found = {(row["measure"], row["target"]): of_rows(row, earlier.get((row[0], row[1]), {})) for row in rows}
    return {
        m.label: {
            target: Buckets({m.label: found.get((m, target), Series(earlier=earlier.get((m, target), {})))})
            for target in sorted(targets[m.label])
        }
        for m in DURATIONS
    }


async def _targets(database: asyncpg.Connection, services: Sequence[str]) -> dict[str, set[int]]:
    """The targets of services in seconds, by what is held against them."""
    rows = await database.fetch(TARGETS, services)
    columns = {m: "first_answer_target" if m is Measure.TIME_TO_ANSWER else "resolution_target" for m in DURATIONS}
    return {m.label: {row[name] for row in rows if row[name] is not None} for m, name in columns.items()}


def _sketches(rows: Sequence[Row]) -> list[Sketch]:
    return [Sketch(month_of(row["month"]), row["sketch"], row["stale"]) for row in rows]


async def _district(database: asyncpg.Connection, subject: Subject, span: Span, today: date) -> ServiceEvidence:
    """A district's whole months, as far as they may be told."""
    last = today.replace(day=1)
    told = await _told(database, subject, date.fromordinal(last.toordinal() - 1).replace(day=1))
    services = list(subject.services) if subject.service_id is None else [subject.service_id]
    rows = await database.fetch(DISTRICT_MONTHS, services, subject.id, span.last)
    rows = [row for row in rows if row["month"] in told.get(row["measure"], ())]
    sketches = await database.fetch(DISTRICT_SKETCHES, services, subject.id, *span.months)
    targets = await _targets(database, services)
    return ServiceEvidence(
        subject.id,
        subject.jurisdiction_id or "",
        Buckets({m.label: _monthly([row for row in rows if row["measure"] == m]) for m in TOLD if m not in DURATIONS}),
        durations={
            m.label: _monthly_by_target(m, targets[m.label], [row for row in rows if row["measure"] == m])
            for m in DURATIONS
        },
        sketches=_sketches([row for row in sketches if row["month"] in told.get(Measure.INPUTS, ())]),
        name=subject.name,
        population=subject.population,
        guarded=True,
    )


def _monthly(rows: Sequence[Row]) -> Series:
    return Series.of((row["bin"], _last_day(row["month"]), row["count"], row["total"]) for row in rows)


def _monthly_by_target(measure: Measure, targets: Iterable[int], rows: Sequence[Row]) -> dict[int, Buckets]:
    return {
        target: Buckets({measure.label: _monthly([row for row in rows if row["target"] == target])})
        for target in sorted(targets)
    }


def _last_day(month: date) -> int:
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return following.toordinal() - 1


async def _told(database: asyncpg.Connection, subject: Subject, last_month: date) -> Months:
    """The months of which may be told, by measure, of a district or of a service within it."""
    city = await services_of(database, subject.jurisdictions[0])
    by_district = await _cells(database, city, last_month, ("district_id",))
    told = {key: told_districts({name: cell for (name,), cell in cells.items()}) for key, cells in by_district.items()}
    if subject.service_id is None:
        kept = [key for key, districts in told.items() if subject.id in districts]
    else:
        by_service = await _cells(database, city, last_month, ("service_id", "district_id"))
        kept = [
            (measure, month)
            for (measure, month), cells in by_service.items()
            if cells.get((subject.service_id, subject.id))
            and subject.service_id in told_services(cells, told.get((measure, month), ()))
        ]
    found: Months = {}
    for measure, month in kept:
        found.setdefault(measure, set()).add(month)
    return found


async def _cells(
    database: asyncpg.Connection, services: Sequence[str], last_month: date, keys: Sequence[str]
) -> dict[tuple[int, date], dict[Any, Cell]]:
    """Cells by measure and month, then by `keys`."""
    names = ", ".join(("month", *keys))
    crowds = {tuple(row) for row in await database.fetch(CROWDS.format(keys=names), services, last_month)}
    few = await database.fetch(HANDFULS.format(keys=names), services, last_month)
    handfuls = {tuple(row)[:-1]: tuple(row["sketches"]) for row in few}
    found: dict[tuple[int, date], dict[Any, Cell]] = {}
    for statement in (COUNTS, TIME_COUNTS):
        for row in await database.fetch(statement.format(keys=names), services, last_month):
            key = tuple(row)[: len(keys) + 1]
            for measure in TOLD:
                if count := row.get(f"m{measure:d}"):
                    cell = Cell(count, key in crowds, handfuls.get(key, ()))
                    found.setdefault((measure, key[0]), {})[key[1:]] = cell
    return found
