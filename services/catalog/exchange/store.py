"""The SQL that reads whole catalogues."""

from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from services.catalog.entities.kinds import Kind

OF_KIND = """
SELECT body::text FROM entity WHERE kind = $1 AND ($2::text IS NULL OR jurisdiction_id = $2) ORDER BY id
"""


async def documents(
    connection: asyncpg.Connection, kinds: Sequence[Kind[Any]], jurisdiction_id: str | None
) -> list[tuple[Kind[Any], dict[str, Any]]]:
    """The documents of all entities of some kinds, kind by kind, each by id."""
    return [
        (kind, msgspec.json.decode(row[0]))
        for kind in kinds
        for row in await connection.fetch(OF_KIND, kind.name, jurisdiction_id)
    ]
