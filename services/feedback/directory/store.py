"""The tables of copies."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import asyncpg

from services.feedback.directory.domain import District, Jurisdiction, Organisation, Service
from shared.contracts.base import Contract
from shared.contracts.catalog import DistrictChanged, JurisdictionChanged, OrganisationChanged, ServiceChanged
from shared.inbox.copies import keep

COLUMNS = {
    kind: tuple(field.name for field in fields(kind)) for kind in (Jurisdiction, District, Organisation, Service)
}
COPIES: dict[type[Contract], tuple[str, tuple[str, ...]]] = {
    JurisdictionChanged: ("jurisdiction", (*COLUMNS[Jurisdiction], "geometry")),
    DistrictChanged: ("district", (*COLUMNS[District], "geometry")),
    OrganisationChanged: ("organisation", COLUMNS[Organisation]),
    ServiceChanged: ("service", COLUMNS[Service]),
}
SERVICE = f"SELECT {', '.join(COLUMNS[Service])} FROM service WHERE id = $1"
AREAS = """
SELECT id, geometry FROM jurisdiction WHERE id = $1 AND geometry IS NOT NULL
UNION ALL SELECT id, geometry FROM district WHERE jurisdiction_id = $1 AND geometry IS NOT NULL
"""
SERVICES = f"SELECT {', '.join(COLUMNS[Service])} FROM service WHERE jurisdiction_id = $1"
JURISDICTION = f"SELECT {', '.join(COLUMNS[Jurisdiction])} FROM jurisdiction WHERE id = $1"
DISTRICT = f"SELECT {', '.join(COLUMNS[District])} FROM district WHERE id = $1"


async def store(connection: asyncpg.Connection, states: Sequence[Contract]) -> None:
    """Keeps the states that feedback needs; others are passed over."""
    for kind, (table, columns) in COPIES.items():
        await keep(connection, table, columns, [state for state in states if isinstance(state, kind)])


async def services_of(connection: asyncpg.Connection, jurisdiction_id: str) -> list[Service]:
    return [Service(**row) for row in await connection.fetch(SERVICES, jurisdiction_id)]


async def service(connection: asyncpg.Connection, service_id: str) -> Service | None:
    row = await connection.fetchrow(SERVICE, service_id)
    return None if row is None else Service(**row)


async def district(connection: asyncpg.Connection, district_id: str) -> District | None:
    row = await connection.fetchrow(DISTRICT, district_id)
    return None if row is None else District(**row)


async def organisation_names(connection: asyncpg.Connection, jurisdiction_id: str) -> dict[str, str]:
    """Names of organisations, by id."""
    rows = await connection.fetch("SELECT id, name FROM organisation WHERE jurisdiction_id = $1", jurisdiction_id)
    return {row["id"]: row["name"] for row in rows}


async def areas(connection: asyncpg.Connection, jurisdiction_id: str) -> dict[str, Any]:
    """Areas as GeoJSON, of a jurisdiction and its districts, by id; those that have one."""
    rows = await connection.fetch(AREAS, jurisdiction_id)
    return {row["id"]: row["geometry"] for row in rows}


async def jurisdiction(connection: asyncpg.Connection, jurisdiction_id: str) -> Jurisdiction | None:
    row = await connection.fetchrow(JURISDICTION, jurisdiction_id)
    return None if row is None else Jurisdiction(**row)


async def jurisdictions(connection: asyncpg.Connection) -> list[str]:
    """The ids of all jurisdictions."""
    return [row["id"] for row in await connection.fetch("SELECT id FROM jurisdiction ORDER BY id")]
