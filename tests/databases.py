"""Databases in a service's newest shape: migrations run once for each service, and what a test gets is a copy."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import asyncpg

from deploy.local import blocking
from deploy.local.postgres import EmbeddedPostgres
from shared.migrate import upgrade


class Databases:
    """Makes them on one server, and drops them: hundreds would make the server's stop a long one."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self._templates: dict[str, str] = {}
        self._numbers = itertools.count(1)

    def migrated(self, service: str) -> str:
        """The URL of a new one."""
        if service not in self._templates:
            self._templates[service] = name = f"{service}_template"
            with ThreadPoolExecutor(1) as thread:  # whoever asks may have a running loop
                thread.submit(upgrade, service, self._server.create_database(name)).result()
        copy = f"{service}_copy_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {copy} TEMPLATE {self._templates[service]} STRATEGY wal_log")
        return self._server.url(copy)

    def drop(self, url: str) -> None:
        """For ever, whoever is connected."""
        name = url.partition("?")[0].rpartition("/")[2]
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        async def execute() -> None:
            connection = await asyncpg.connect(self._server.url("postgres"))
            await connection.execute(statement)
            await connection.close()

        blocking.run(execute())
