"""When a service was changed last."""

from datetime import datetime

import asyncpg

CHANGE = "SELECT version, changed_at FROM service WHERE id = $1"


async def latest_change(connection: asyncpg.Connection, service_id: str) -> tuple[int, datetime] | None:
    """The catalogue's version and since when it is so; None where the catalogue has not told of the service."""
    row = await connection.fetchrow(CHANGE, service_id)
    return None if row is None else (row["version"], row["changed_at"])
