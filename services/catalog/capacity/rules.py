"""No day is reported twice for the same organisation and service."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from services.catalog.capacity.domain import CapacityReport
from services.catalog.entities.domain import Entity, Refusal
from services.catalog.entities.kinds import Surroundings

Reports = Sequence[Entity[CapacityReport]]


async def no_overlaps(others: Surroundings, reports: Reports) -> Reports:
    """Refuses a report for days that another one tells of already: that one is to be corrected."""
    await others.alone(f"capacity.{each.fields.organisation_id}" for each in reports)
    kept = await others.naming("capacity-report", "organisation_id", {each.fields.organisation_id for each in reports})
    by_subject: dict[tuple[str, str | None], list[Entity[CapacityReport]]] = defaultdict(list)
    for report in (*kept, *reports):
        by_subject[report.fields.organisation_id, report.fields.service_id].append(report)
    for of_subject in by_subject.values():
        _check(sorted(of_subject, key=lambda report: report.fields.period.starts_on))
    return reports


def _check(reports: Reports) -> None:
    for one, other in pairwise(reports):
        if one.fields.period.overlaps(other.fields.period):
            raise Refusal(
                "overlapping-period",
                "There is a report for these days",
                f"{one.id!r} and {other.id!r} share days of the same organisation and service: correct the first",
                other.id,
            )
