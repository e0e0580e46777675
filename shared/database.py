"""PostgreSQL through SQLAlchemy, and the asyncpg connection beneath it where a path is hot."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol, cast

import asyncpg
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool


def engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """An engine on asyncpg for a `postgresql://` address (a `host=` in the query may name a socket's folder).

    Connections are tested before use, since the server may have been restarted. A pool size of 0 keeps none open.
    """
    address = make_url(url).set(drivername="postgresql+asyncpg")
    arguments = {"server_settings": {"timezone": "UTC", "application_name": "civicloop"}}
    if pool_size == 0:
        return create_async_engine(address, connect_args=arguments, poolclass=NullPool)
    return create_async_engine(address, connect_args=arguments, pool_size=pool_size, max_overflow=0, pool_pre_ping=True)


async def raw(connection: AsyncConnection) -> asyncpg.Connection:
    """The asyncpg connection beneath; it is in a transaction only once SQLAlchemy has executed a statement."""
    wrapped = await connection.get_raw_connection()
    return cast(asyncpg.Connection, wrapped.driver_connection)


@asynccontextmanager
async def connection(engine: AsyncEngine) -> AsyncIterator[asyncpg.Connection]:
    """An asyncpg connection from the engine's pool, outside any transaction: for reads.

    One whose user was cancelled is not used again: it may hold a transaction that nobody knows of, and what the next
    user commits would be but a part of that.
    """
    async with engine.connect() as pooled:
        try:
            yield await raw(pooled)
        except asyncio.CancelledError:
            await pooled.invalidate()
            raise


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[asyncpg.Connection]:
    """An asyncpg connection inside a transaction that commits at the end and rolls back on any exception."""
    async with connection(engine) as pooled, pooled.transaction():
        yield pooled


class Statements(Protocol):
    """What a migration is written with: `alembic.op`."""

    def execute(self, sqltext: str, /) -> None: ...


TRANSIENT = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
)
"""Faults that pass: whoever meets one repeats its transaction, with backoff."""
