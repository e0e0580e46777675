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

from deploy.local.errors import PartError
from deploy.local.settings import SERVICES
from deploy.local.state import State
from shared.auth import EVERYTHING, ensure_key, new_key
from shared.migrate import upgrade

KEY_NAME = "operator"
REFUSED = (OSError, ValueError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError)


def main() -> None:
    state = State(Path(os.environ["CIVICLOOP_STATE"]))
    key = state.secret(state.operator_key, new_key)
    for service in SERVICES:
        url = os.environ[_variable(service)]
        try:
            bring_up_to_date(service, url)
        except PartError as error:
            sys.exit(error.reason)
        asyncio.run(_let_in(url, key))


def bring_up_to_date(service: str, url: str) -> None:
    """Applies the migrations of one service that are missing; raises PartError."""
    try:
        upgrade(service, url)
    except REFUSED as error:
        reason = f"the database that {_variable(service)} names: {error}"
        raise PartError(f"{service}'s database", reason, "Does it run, and is the address right?") from error


async def _let_in(url: str, key: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await ensure_key(connection, key, KEY_NAME, [EVERYTHING])
    finally:
        await connection.close()


def _variable(service: str) -> str:
    return f"CIVICLOOP_{service.upper()}_DATABASE_URL"


if __name__ == "__main__":
    main()
