"""Alembic's environment, the same for every service: one asyncpg connection, one transaction, under a lock."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text

from shared.database import engine
from shared.migrate import LOCK


def run(connection: Connection) -> None:
    connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
    context.configure(connection=connection)
    context.run_migrations()


async def main() -> None:
    database = engine(context.config.attributes["url"], pool_size=0)
    async with database.begin() as connection:
        await connection.run_sync(run)
    await database.dispose()


asyncio.run(main())
