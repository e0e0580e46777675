"""Capacity and collaboration of a service or an organisation on a day."""

from collections.abc import Sequence
from datetime import date

import asyncpg

from services.metrics.enablers import store
from services.metrics.enablers.capacity import capacity
from services.metrics.enablers.collaboration import collaboration
from services.metrics.enablers.reports import Report
from services.metrics.enablers.schemas import EnablersOut, enablers_out
from services.metrics.subjects.subject import Kind, Subject


async def enablers(database: asyncpg.Connection, subject: Subject, as_of: date) -> EnablersOut:
    """Both dimensions of a service or an organisation on a day."""
    day = as_of.toordinal()
    organisation = subject.id if subject.kind is Kind.ORGANISATION else None
    reports: Sequence[Report] = ()
    if organisation is None:
        reports = (await store.reports_of(database, [subject.id])).get(subject.id, ())
    last = _last(reports, day)
    answers_for = organisation or await store.organisation_of(database, subject.id)
    if last is None and answers_for is not None:
        last = _last(await store.reports_of_organisations(database, [answers_for]), day)
    around = await store.around(database, list(subject.services), organisation)
    return enablers_out(None if last is None else capacity(last), collaboration(around, day))


def _last(reports: Sequence[Report], day: int) -> Report | None:
    """The report that ended last, of those that speak on a day."""
    known = [each for each in reports if each.speaks_on(day)]
    return max(known, key=lambda each: (each.ends, each.id), default=None)
