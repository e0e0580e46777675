"""Keeping the read copy of the catalogue, and noting which scores a change concerns."""

from collections.abc import Sequence

import asyncpg

from shared.contracts.base import Contract
from shared.contracts.catalog import DistrictChanged, JurisdictionChanged, ServiceChanged
from shared.inbox.copies import keep

COMMON = ("id", "name", "version", "changed_at")
SERVICE = (
    "jurisdiction_id", "status", "description", "organisation_id", "focal_area", "resolution_target",
    "first_answer_target", "target_source",
)  # fmt: skip
COPIES: dict[type[Contract], tuple[str, tuple[str, ...]]] = {
    JurisdictionChanged: ("jurisdiction", (*COMMON, "time_zone", "population")),
    DistrictChanged: ("district", (*COMMON, "jurisdiction_id", "population")),
    ServiceChanged: ("service", (*COMMON, *SERVICE)),
}
TOUCH_SERVICES = """
INSERT INTO service_activity AS a (service_id, jurisdiction_id, touched)
SELECT id, jurisdiction_id, 1 FROM service WHERE id = ANY ($1) OR jurisdiction_id = ANY ($2) ORDER BY id
ON CONFLICT (service_id) DO UPDATE SET touched = a.touched + 1
"""


async def store(connection: asyncpg.Connection, states: Sequence[Contract]) -> None:
    """Keeps the states that metrics needs; scores of the services and jurisdictions concerned are to be renewed."""
    for kind, (table, columns) in COPIES.items():
        await keep(connection, table, columns, [state for state in states if isinstance(state, kind)])
    services = [state.id for state in states if isinstance(state, ServiceChanged)]
    jurisdictions = {state.id for state in states if isinstance(state, JurisdictionChanged)}
    jurisdictions |= {state.jurisdiction_id for state in states if isinstance(state, DistrictChanged)}
    await connection.execute(TOUCH_SERVICES, services, sorted(jurisdictions))
