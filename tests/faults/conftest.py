"""The loop as processes of their own, on a broker of their own, with input that never stops while parts die."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from deploy.local.kafka import EmbeddedKafka
from shared.migrate import upgrade
from shared.topics import ensure_topics
from tests.faults.processes import Processes
from tests.loop.loop import SERVICES, Loop
from tests.loop.town import write_catalogue


@pytest.fixture(scope="package")
def loop(tmp_path_factory: pytest.TempPathFactory, fresh_database: Callable[[str], str]) -> Iterator[Loop]:
    """Databases and topics of a town that nobody has given input to yet."""
    broker = EmbeddedKafka(tmp_path_factory.mktemp("faults"))
    broker.start()
    urls = {service: fresh_database(service) for service in SERVICES}
    for service, url in urls.items():
        upgrade(service, url)
    small = Loop(urls, broker.bootstrap)
    asyncio.run(_found(small))
    yield small
    broker.stop()


async def _found(small: Loop) -> None:
    await ensure_topics(small.bootstrap)
    async with small.database("catalog") as connection:
        await write_catalogue(connection)
    await small.settle()


@pytest.fixture
async def processes(loop: Loop) -> AsyncIterator[Processes]:
    """Feedback's and metrics' API, running; workers are started by the campaigns."""
    running = Processes(loop)
    running.start("feedback-api")
    running.start("metrics-api")
    await running.answers("feedback-api")
    await running.answers("metrics-api")
    yield running
    running.stop_all()
