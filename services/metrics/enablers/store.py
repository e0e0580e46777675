"""Capacity reports from the read copy, with the cases that were closed in their periods."""

from collections.abc import Sequence

import asyncpg

from services.metrics.buckets.measures import Measure
from services.metrics.directory.entities import report_of
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


async def reports_of(database: asyncpg.Connection, service_ids: Sequence[str]) -> dict[str, list[Report]]:
    """Reports on the services' own capacity, by service."""
    found: dict[str, list[Report]] = {}
    for row in await database.fetch(OF_SERVICES, service_ids):
        found.setdefault(row["service_id"], []).append(report_of(row))
    return found
