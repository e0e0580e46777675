"""The SQL of data for analysis."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.conditions import Condition
from services.feedback.open_data.schemas import Area, Selection
from services.feedback.open_data.table import COLUMNS
from services.feedback.screening.shown import shown, unless_hidden
from shared.database import connection

CHUNK = 2_000
MOST_CELLS = 20_000
PLACE = ("address", "latitude", "longitude")
PUBLIC = {"description": shown("r", "description")} | {name: unless_hidden("r", f"r.{name}") for name in PLACE}
ROWS = f"""
SELECT {", ".join(PUBLIC.get(name, f"r.{name}") for name in COLUMNS[:-1])},
       (SELECT count(*) FROM request_answer a WHERE a.request_id = r.id) AS answers
FROM request r
"""
CELLS = f"""
SELECT (floor(r.latitude / {{cell}}) + 0.5) * {{cell}} AS latitude,
       (floor(r.longitude / {{cell}}) + 0.5) * {{cell}} AS longitude,
       count(*) AS requests, count(*) FILTER (WHERE r.status = 'open') AS open
FROM request r WHERE {{where}} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT {MOST_CELLS}
"""


def _where(wanted: Selection) -> Condition:
    where = Condition()
    for name in ("jurisdiction_id", "service_id", "district_id", "status", "state"):
        if (value := getattr(wanted, name)) is not None:
            where.add(f"r.{name} = {{}}", value)
    if wanted.opened_after is not None:
        where.add("r.opened_at >= {}", wanted.opened_after)
    if wanted.opened_before is not None:
        where.add("r.opened_at < {}", wanted.opened_before)
    return where


async def rows(engine: AsyncEngine, wanted: Selection) -> AsyncIterator[list[asyncpg.Record]]:
    """All that was selected, the oldest first, some thousands at a time: who reads slowly holds no connection."""
    last: tuple[datetime, UUID] | None = None
    while True:
        where = _where(wanted)
        if last is not None:
            where.add("(r.opened_at, r.id) > ({}, {})", *last)
        async with connection(engine) as database:
            found = await database.fetch(
                f"{ROWS} WHERE {where} ORDER BY r.opened_at, r.id LIMIT {CHUNK}", *where.values
            )
        if found:
            yield found
        if len(found) < CHUNK:
            return
        last = (found[-1]["opened_at"], found[-1]["id"])


async def cells(connection: asyncpg.Connection, area: Area) -> list[asyncpg.Record]:
    """Cells in which there are requests, the fullest first."""
    where = _where(area)
    where.add("r.latitude IS NOT NULL AND r.hidden_at IS NULL")
    box = "box(point({}::float8, {}::float8), point({}::float8, {}::float8))"
    where.add(f"point(r.longitude, r.latitude) <@ {box}", area.west, area.south, area.east, area.north)
    statement = CELLS.format(cell=f"{where.value(area.cell)}::float8", where=where)
    return await connection.fetch(statement, *where.values)
