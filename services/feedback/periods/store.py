"""The clock that decides, and turns: who comes after whom."""

from datetime import datetime
from uuid import UUID

import asyncpg


async def database_now(connection: asyncpg.Connection) -> datetime:
    """The time by the clock of the database, at this very statement."""
    now: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return now


async def take_turn(connection: asyncpg.Connection, whose: str, what: UUID) -> None:
    """Contributors who say something again take turns, also across processes: each finds what the one before left."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"{whose} {what}")
