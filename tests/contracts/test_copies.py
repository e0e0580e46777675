"""Services keep what they need of the catalogue's states, and pass over the rest."""

import dataclasses
from collections.abc import AsyncIterator, Callable, Sequence

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.checker.copies import COPIED, catalogue, compare
from deploy.checker.findings import Findings
from deploy.checker.messages import Envelope
from deploy.checker.witness import StateWitness
from services.catalog.publishes import announced, changed
from services.feedback.consumes import CatalogueHandler as Feedback
from services.metrics.consumes import CatalogueHandler as Metrics
from shared.database import engine, transaction
from shared.inbox.contracts import ContractHandler
from shared.migrate import upgrade
from shared.outbox.append import Outgoing
from tests.contracts.samples import ENTITIES, LATER

HANDLERS: dict[str, ContractHandler] = {"feedback": Feedback(), "metrics": Metrics()}

SERVICE = next(entity for kind, entity in ENTITIES if kind == "service")
EVENTS = [*(changed(kind, entity) for kind, entity in ENTITIES), announced(SERVICE, "pilot", "It works", LATER)]


class Copies:
    """One service's read copies, in a database that was empty."""

    def __init__(self, service: str, url: str, database: AsyncEngine) -> None:
        self._service, self._url, self._database = service, url, database

    async def receive(self, events: Sequence[Outgoing]) -> None:
        """Takes events as the worker does. None of them may be refused."""
        handler = HANDLERS[self._service]
        usable, refused = handler.prepare([(event.type, event.data) for event in events])
        assert not refused
        async with transaction(self._database) as connection:
            await handler.apply(connection, usable)

    async def faults(self, events: Sequence[Outgoing]) -> dict[str, list[str]]:
        """Where the copies are not what a topic with these events says."""
        witness, findings = StateWitness(), Findings()
        for event in events:
            witness.take(Envelope("catalog", 0, 1, str(event.id), event.type, "", event.data))
        connection = await asyncpg.connect(self._url)
        try:
            await compare(self._service, connection, catalogue(witness), findings)
        finally:
            await connection.close()
        return {kind: samples for kind, samples in findings.samples.items() if samples}


@pytest.fixture(params=COPIED)
def migrated(request: pytest.FixtureRequest, fresh_database: Callable[[str], str]) -> tuple[str, str]:
    """A service and its database."""
    url = fresh_database(request.param)
    upgrade(request.param, url)
    return request.param, url


@pytest.fixture
async def copies(migrated: tuple[str, str]) -> AsyncIterator[Copies]:
    database = engine(migrated[1])
    yield Copies(*migrated, database)
    await database.dispose()


async def test_all_that_the_catalogue_tells_is_taken_and_what_is_needed_kept_as_told(copies: Copies) -> None:
    await copies.receive(EVENTS)
    assert await copies.faults(EVENTS) == {}


async def test_a_newer_state_replaces_an_older_one_and_never_the_other_way_round(copies: Copies) -> None:
    fields = SERVICE.fields.model_copy(update={"resolution_target": None, "targets": (), "open311": None})
    newer = changed("service", dataclasses.replace(SERVICE, version=3, fields=fields))
    now = [*EVENTS[:-1], newer]
    await copies.receive([*EVENTS, newer])
    assert await copies.faults(now) == {}
    await copies.receive(EVENTS)
    assert await copies.faults(now) == {}
