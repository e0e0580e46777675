"""Objectives from the read copy."""

from collections.abc import Sequence
from typing import NamedTuple

import asyncpg

from services.metrics.directory.entities import objective_of
from services.metrics.objectives.domain import Objective

COLUMNS = """
id, name, jurisdiction_id, indicator, baseline, target, reported, service_ids, organisation_id, strategy_id, made_up
"""
ONE = f"SELECT {COLUMNS} FROM objective WHERE id = $1"
PAGE = f"""
SELECT {COLUMNS} FROM objective
WHERE ($1::text IS NULL OR jurisdiction_id = $1) AND ($2::text IS NULL OR service_ids ? $2) AND id > $3
ORDER BY id LIMIT $4
"""
OF_SERVICES = f"SELECT {COLUMNS} FROM objective WHERE service_ids ?| $1 ORDER BY id"


class Aim(NamedTuple):
    """An objective with what people know it by, and whose it is."""

    objective: Objective
    name: str
    jurisdiction_id: str
    indicator_name: str | None
    service_ids: Sequence[str]
    organisation_id: str | None
    strategy_id: str | None
    made_up: Sequence[str]


async def find(database: asyncpg.Connection, id: str) -> Aim | None:
    row = await database.fetchrow(ONE, id)
    return None if row is None else _aim(row)


async def objectives_of(database: asyncpg.Connection, service_ids: Sequence[str]) -> dict[str, list[Objective]]:
    """Objectives by each of these services that they name."""
    found: dict[str, list[Objective]] = {}
    for row in await database.fetch(OF_SERVICES, service_ids):
        objective = objective_of(row)
        for service_id in sorted({*row["service_ids"]} & {*service_ids}):
            found.setdefault(service_id, []).append(objective)
    return found


async def page(
    database: asyncpg.Connection, jurisdiction_id: str | None, service_id: str | None, after: str, limit: int
) -> list[Aim]:
    """Objectives in the order of their ids, of a jurisdiction and of a service where one is named."""
    return [_aim(row) for row in await database.fetch(PAGE, jurisdiction_id, service_id, after, limit)]


def _aim(row: asyncpg.Record) -> Aim:
    return Aim(
        objective_of(row),
        row["name"],
        row["jurisdiction_id"],
        row["indicator"].get("name"),
        row["service_ids"],
        row["organisation_id"],
        row["strategy_id"],
        row["made_up"],
    )
