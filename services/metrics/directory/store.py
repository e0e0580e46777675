"""Keeping the read copy of the catalogue, and noting which scores a change concerns."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import asyncpg

from shared.contracts.base import Contract
from shared.contracts.catalog import (
    CapacityReportChanged,
    DistrictChanged,
    JurisdictionChanged,
    ObjectiveChanged,
    OrganisationChanged,
    PartnershipChanged,
    RegionChanged,
    ServiceChanged,
)
from shared.contracts.catalog.common import State
from shared.inbox.copies import keep

COMMON = ("id", "name", "version", "changed_at")
LOCAL = (*COMMON, "jurisdiction_id")
SERVICE = (
    "status", "description", "organisation_id", "owner_id", "collaborator_ids", "focal_area", "technology_ids",
    "resolution_target", "first_answer_target", "target_source", "targets",
)  # fmt: skip
OBJECTIVE = (
    "indicator", "baseline", "target", "reported", "strategy_id", "owner_id", "organisation_id", "service_ids",
    "made_up",
)  # fmt: skip
CAPACITY_REPORT = (
    "organisation_id", "service_id", "period", "staff", "vacancies", "skills", "training_days", "budget_planned",
    "budget_spent", "cases_handled", "cases_planned", "made_up",
)  # fmt: skip
COPIES: dict[type[Contract], tuple[str, tuple[str, ...]]] = {
    JurisdictionChanged: ("jurisdiction", (*COMMON, "time_zone", "population", "languages", "brand")),
    RegionChanged: ("region", (*COMMON, "jurisdiction_ids", "parent_id")),
    DistrictChanged: ("district", (*LOCAL, "population")),
    OrganisationChanged: ("organisation", (*LOCAL, "helix", "parent_id")),
    ServiceChanged: ("service", (*LOCAL, *SERVICE)),
    PartnershipChanged: ("partnership", (*LOCAL, "kind", "partners", "service_ids", "terms")),
    ObjectiveChanged: ("objective", (*LOCAL, *OBJECTIVE)),
    CapacityReportChanged: ("capacity_report", (*LOCAL, *CAPACITY_REPORT)),
}
# What an entity named so far and names no longer is concerned by its change, too.
NAMED_SO_FAR = """
SELECT jsonb_array_elements_text(service_ids) FROM objective WHERE id = ANY ($1)
UNION SELECT jsonb_array_elements_text(service_ids) FROM partnership WHERE id = ANY ($1)
UNION SELECT service_id FROM capacity_report WHERE id = ANY ($1) AND service_id IS NOT NULL
"""
TOUCH_SERVICES = """
INSERT INTO service_activity AS a (service_id, jurisdiction_id, touched)
SELECT id, jurisdiction_id, 1 FROM service
WHERE id = ANY ($1) OR jurisdiction_id = ANY ($2) OR organisation_id = ANY ($3) OR collaborator_ids ?| $3 ORDER BY id
ON CONFLICT (service_id) DO UPDATE SET touched = a.touched + 1
"""


class Concerned(NamedTuple):
    """Of which scores are to be renewed: services, and all those of jurisdictions and organisations."""

    services: set[str]
    jurisdictions: set[str]
    organisations: set[str]


async def store(connection: asyncpg.Connection, states: Sequence[Contract]) -> None:
    """Keeps the states that metrics needs; scores that they concern are to be renewed."""
    concerned = _concerned(states)
    so_far = await connection.fetch(NAMED_SO_FAR, [state.id for state in states if isinstance(state, State)])
    concerned.services.update(row[0] for row in so_far)
    for kind, (table, columns) in COPIES.items():
        await keep(connection, table, columns, [state for state in states if isinstance(state, kind)])
    await connection.execute(TOUCH_SERVICES, *(sorted(ids) for ids in concerned))


def _concerned(states: Iterable[Contract]) -> Concerned:
    """What the states name, as they are now."""
    found = Concerned(set(), set(), set())
    for state in states:
        match state:
            case ServiceChanged():
                found.services.add(state.id)
            case JurisdictionChanged():
                found.jurisdictions.add(state.id)
            case DistrictChanged():
                found.jurisdictions.add(state.jurisdiction_id)
            case OrganisationChanged():
                found.organisations.add(state.id)
            case ObjectiveChanged() | PartnershipChanged():
                found.services.update(state.service_ids)
            case CapacityReportChanged(service_id=str(service_id)):
                found.services.add(service_id)
    return found
