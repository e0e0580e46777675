"""Which services belong together."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

import asyncpg

from services.metrics.enablers.store import around


class By(StrEnum):
    """What services have in common."""

    TECHNOLOGY = "technology"
    PARTNERSHIP = "partnership"
    FOCAL_AREA = "focal-area"
    ORGANISATION = "organisation"


SERVICES = "SELECT id, technology_ids, focal_area, organisation_id FROM service WHERE id = ANY ($1) ORDER BY id"
NAMES = {
    By.PARTNERSHIP: "SELECT id, name FROM partnership WHERE id = ANY ($1)",
    By.ORGANISATION: "SELECT id, name FROM organisation WHERE id = ANY ($1)",
}

Groups = dict[str, list[str]]
"""Services by what they have in common; one may be in several groups, or in none."""


async def groups(database: asyncpg.Connection, by: By, service_ids: Sequence[str], as_of: date) -> Groups:
    """All groups, by id. Partnerships are those in force on the day."""
    found: Groups = {}
    for row in await database.fetch(SERVICES, service_ids):
        match by:
            case By.TECHNOLOGY:
                names = sorted(set(row["technology_ids"]))
            case By.FOCAL_AREA:
                names = [row["focal_area"]]
            case By.ORGANISATION:
                names = [row["organisation_id"]]
            case By.PARTNERSHIP:
                held = (await around(database, [row["id"]])).partnerships
                names = [each.id for each in held if each.holds_on(as_of.toordinal())]
        for name in names:
            if name is not None:
                found.setdefault(name, []).append(row["id"])
    return {name: found[name] for name in sorted(found)}


async def names_of(database: asyncpg.Connection, by: By, ids: Sequence[str]) -> dict[str, str]:
    """How groups are called, where the read copy knows."""
    query = NAMES.get(by)
    return {} if query is None else {row["id"]: row["name"] for row in await database.fetch(query, ids)}
