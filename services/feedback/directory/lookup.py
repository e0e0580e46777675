"""Finding services and districts for a request without asking the database for each one."""

import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.directory import store
from services.feedback.directory.domain import District, Service, UnknownDistrict, UnknownService, check_input
from shared.database import connection

FRESH_SECONDS = 1.0
"""How long a copy is used unasked. It is seconds behind the catalogue in any case, by way of Kafka."""

E = TypeVar("E")


class Remembered(Generic[E]):
    """Entities by id, each asked for again once it is older than FRESH_SECONDS. Absence is not remembered.

    There are only as many as the catalogue has, so none need be dropped.
    """

    def __init__(self, engine: AsyncEngine, find: Callable[[asyncpg.Connection, str], Awaitable[E | None]]) -> None:
        self._engine = engine
        self._find = find
        self._known: dict[str, tuple[float, E]] = {}

    async def get(self, entity_id: str) -> E | None:
        known = self._known.get(entity_id)
        now = time.monotonic()
        if known is not None:
            if now < known[0]:
                return known[1]
            # While one request asks again, the others go on with what is known.
            self._known[entity_id] = (now + FRESH_SECONDS, known[1])
        async with connection(self._engine) as database:
            found = await self._find(database, entity_id)
        if found is None:
            self._known.pop(entity_id, None)
        else:
            self._known[entity_id] = (now + FRESH_SECONDS, found)
        return found


class Directory:
    """The services and districts that input can name."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.services: Remembered[Service] = Remembered(engine, store.service)
        self.districts: Remembered[District] = Remembered(engine, store.district)

    async def taking_input(self, service_id: str, district_id: str | None) -> Service:
        """The service that input names. Raises UnknownService, UnknownDistrict, TakesNoInput or ForeignDistrict."""
        service = await self.services.get(service_id)
        if service is None:
            raise UnknownService(service_id)
        district = None if district_id is None else await self.districts.get(district_id)
        if district_id is not None and district is None:
            raise UnknownDistrict(district_id)
        check_input(service, district)
        return service
