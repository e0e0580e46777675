"""The tables that the code names are those that the migrations make."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from services.catalog.app import create_app  # noqa: F401  (its rooms register their tables)
from services.catalog.entities.store import metadata
from shared.database import engine


async def test_code_and_migrations_agree_on_the_tables(database: str) -> None:
    def differences(connection: Connection) -> list[Any]:
        ours = {"include_name": lambda name, kind, _: kind != "table" or name in metadata.tables}
        return list(compare_metadata(MigrationContext.configure(connection, opts=ours), metadata))

    catalogue = engine(database)
    async with catalogue.connect() as connection:
        assert await connection.run_sync(differences) == []
    await catalogue.dispose()
