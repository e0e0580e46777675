"""Brings the databases up to date and lets the operator's key in. Runs as a child of the launcher, and ends:
what it needs of memory goes with it.

`python -m deploy.local.prepare` reads CIVICLOOP_<SERVICE>_DATABASE_URL and CIVICLOOP_STATE.
"""

import asyncio
import os
import sys
from pathlib import Path

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from deploy.local.settings import SERVICES
from deploy.local.state import State
from shared.auth import EVERYTHING, ensure_key, new_key
from shared.migrate import upgrade

KEY_NAME = "operator"


def main() -> None:
    state = State(Path(os.environ["CIVICLOOP_STATE"]))
    key = state.secret(state.operator_key, new_key)
    for service in SERVICES:
        name = f"CIVICLOOP_{service.upper()}_DATABASE_URL"
        try:
            upgrade(service, os.environ[name])
            asyncio.run(_let_in(os.environ[name], key))
        except (OSError, SQLAlchemyError, asyncpg.PostgresError) as error:
            sys.exit(f"the database that {name} names: {error}")


async def _let_in(url: str, key: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await ensure_key(connection, key, KEY_NAME, [EVERYTHING])
    finally:
        await connection.close()


if __name__ == "__main__":
    main()
