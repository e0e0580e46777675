"""Read copies of another service's entities: a table with a column for each field that its keeper needs."""

from collections.abc import Sequence
from typing import Any

import asyncpg
from msgspec import json

from shared.contracts.base import Contract


async def keep(connection: asyncpg.Connection, table: str, columns: Sequence[str], states: Sequence[Contract]) -> None:
    """Stores fields of the states of entities of one type by `id`; a `version` older than the stored changes nothing.

    `columns` are the table's, named as the fields; `id` and `version` are among them.
    """
    if not states:
        return
    values = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "id")
    statement = (
        f"INSERT INTO {table} AS t ({', '.join(columns)}) VALUES ({values}) "
        f"ON CONFLICT (id) DO UPDATE SET {changes} WHERE t.version < excluded.version"
    )
    await connection.executemany(statement, [[_value(getattr(state, name)) for name in columns] for state in states])


def _value(member: Any) -> Any:
    """A member as its column takes it: what is made of parts goes into a column of JSON."""
    return json.encode(member).decode() if isinstance(member, tuple | dict | Contract) else member
