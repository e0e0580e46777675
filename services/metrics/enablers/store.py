"""Capacity reports from the read copy, with the cases that were closed in their periods, and who works with whom."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import asyncpg

from services.metrics.buckets.measures import Measure
from services.metrics.directory.entities import report_of
from services.metrics.enablers.collaboration import Around, Partnership
from services.metrics.enablers.reports import Report

RESOLVED_OR_DECLINED = "0, 1"
COLUMNS = """
r.id, r.organisation_id, r.service_id, r.period, r.staff, r.vacancies, r.skills, r.training_days, r.budget_planned,
r.budget_spent, r.cases_planned, r.cases_handled
"""
# Whenever the period is: what lies before the window of scores is needed day by day nowhere else.
CLOSED = f"""
SELECT coalesce(sum(b.count), 0)::bigint FROM bucket_day b
WHERE b.measure = {Measure.RESOLUTION:d} AND b.bin IN ({RESOLVED_OR_DECLINED})
  AND b.day BETWEEN (r.period ->> 'starts_on')::date AND (r.period ->> 'ends_on')::date
"""
OF_SERVICES = f"""
SELECT {COLUMNS}, ({CLOSED} AND b.service_id = r.service_id) AS cases_closed
FROM capacity_report r WHERE r.service_id = ANY ($1) ORDER BY r.service_id, r.id
"""
OF_ORGANISATIONS = f"""
SELECT {COLUMNS}, ({CLOSED} AND b.service_id IN (SELECT id FROM service WHERE organisation_id = r.organisation_id))
    AS cases_closed
FROM capacity_report r WHERE r.organisation_id = ANY ($1) AND r.service_id IS NULL ORDER BY r.id
"""
SERVICES = "SELECT id, organisation_id, collaborator_ids FROM service WHERE id = ANY ($1) ORDER BY id"
PARTNERSHIPS = "SELECT id, partners, terms, service_ids FROM partnership WHERE service_ids ?| $1 ORDER BY id"
PARTNERSHIPS_OF_ORGANISATION = """
SELECT id, partners, terms FROM partnership
WHERE partners @> jsonb_build_array(jsonb_build_object('organisation_id', $1::text)) ORDER BY id
"""
# UNION, not UNION ALL: organisations that lie within each other end the search all the same.
HOUSE = """
WITH RECURSIVE house AS (
    SELECT unnest($1::text[]) AS id
    UNION SELECT o.parent_id FROM organisation o JOIN house h ON o.id = h.id WHERE o.parent_id IS NOT NULL)
SELECT id FROM house
"""
HOUSES = """
WITH RECURSIVE house AS (
    SELECT o AS root, o AS id FROM unnest($1::text[]) AS o
    UNION SELECT h.root, o.parent_id FROM organisation o JOIN house h ON o.id = h.id WHERE o.parent_id IS NOT NULL)
SELECT root, id FROM house
"""
HELIXES = "SELECT id, helix FROM organisation WHERE id = ANY ($1)"


async def reports_of(database: asyncpg.Connection, service_ids: Sequence[str]) -> dict[str, list[Report]]:
    """Reports on the services' own capacity, by service."""
    found: dict[str, list[Report]] = {}
    for row in await database.fetch(OF_SERVICES, service_ids):
        found.setdefault(row["service_id"], []).append(report_of(row))
    return found


async def reports_of_organisations(database: asyncpg.Connection, organisation_ids: Sequence[str]) -> list[Report]:
    """Reports on all that organisations do; closed are the cases of the services that they answer for."""
    return [report_of(row) for row in await database.fetch(OF_ORGANISATIONS, organisation_ids)]


async def organisation_of(database: asyncpg.Connection, service_id: str) -> str | None:
    """Who answers for a service."""
    found: str | None = await database.fetchval("SELECT organisation_id FROM service WHERE id = $1", service_id)
    return found


async def around(
    database: asyncpg.Connection, service_ids: Sequence[str], organisation_id: str | None = None
) -> Around:
    """Who stands behind services together; with an organisation, also its partners where no service is named."""
    services = await database.fetch(SERVICES, service_ids)
    rows = {row["id"]: row for row in await database.fetch(PARTNERSHIPS, service_ids)}
    if organisation_id is not None:
        rows |= {row["id"]: row for row in await database.fetch(PARTNERSHIPS_OF_ORGANISATION, organisation_id)}
    own = sorted({id for id in (organisation_id, *(row["organisation_id"] for row in services)) if id is not None})
    partnerships = [_partnership(rows[id]) for id in sorted(rows)]
    helpers = [helper for row in services for helper in row["collaborator_ids"]]
    actors = sorted({*helpers, *(id for each in partnerships for id in each.partners), *own})
    helixes = {row["id"]: row["helix"] for row in await database.fetch(HELIXES, actors)}
    house = {row["id"] for row in await database.fetch(HOUSE, own)}
    return Around(own=own, house=house, helpers=helpers, partnerships=partnerships, helixes=helixes)


async def around_each(database: asyncpg.Connection, service_ids: Sequence[str]) -> dict[str, Around]:
    """Who stands behind each service by itself, of those that the catalogue knows."""
    services = await database.fetch(SERVICES, service_ids)
    partnerships: dict[str, list[Partnership]] = {}
    for row in await database.fetch(PARTNERSHIPS, service_ids):
        partnership = _partnership(row)
        for id in row["service_ids"]:
            partnerships.setdefault(id, []).append(partnership)
    own = {row["organisation_id"] for row in services if row["organisation_id"] is not None}
    partners = {id for held in partnerships.values() for each in held for id in each.partners}
    helpers = {helper for row in services for helper in row["collaborator_ids"]}
    helixes = {row["id"]: row["helix"] for row in await database.fetch(HELIXES, sorted(own | partners | helpers))}
    houses: dict[str, set[str]] = {}
    for row in await database.fetch(HOUSES, sorted(own)):
        houses.setdefault(row["root"], set()).add(row["id"])
    return {
        row["id"]: Around(
            own=[] if row["organisation_id"] is None else [row["organisation_id"]],
            house=houses.get(row["organisation_id"], set()),
            helpers=row["collaborator_ids"],
            partnerships=partnerships.get(row["id"], []),
            helixes=helixes,
        )
        for row in services
    }


def _partnership(row: asyncpg.Record) -> Partnership:
    return Partnership(
        id=row["id"],
        partners={each["organisation_id"]: _share(each.get("cost_share")) for each in row["partners"]},
        terms=[(_day(each["starts_on"]) or 0, _day(each.get("ends_on"))) for each in row["terms"]],
    )


def _share(told: Any) -> float | None:
    return None if told is None else float(told)


def _day(told: str | None) -> int | None:
    return None if told is None else date.fromisoformat(told).toordinal()
