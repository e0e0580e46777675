"""Read copies of another service's entities: a table with a column for each field of the state event."""

from collections.abc import Sequence

import asyncpg

from shared.contracts.base import Contract


async def keep(connection: asyncpg.Connection, table: str, states: Sequence[Contract]) -> None:
    """Stores the states of entities of one type by `id`; a `version` older than the stored one changes nothing."""
    if not states:
        return
    names = states[0].__struct_fields__
    values = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name != "id")
    statement = (
        f"INSERT INTO {table} AS t ({', '.join(names)}) VALUES ({values}) "
        f"ON CONFLICT (id) DO UPDATE SET {changes} WHERE t.version < excluded.version"
    )
    await connection.executemany(statement, [tuple(getattr(state, name) for name in names) for state in states])
