"""A small loop that has come to rest; tests break copies of it."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from deploy.local.kafka import EmbeddedKafka
from shared.migrate import upgrade
from shared.topics import ensure_topics
from tests.loop.loop import SERVICES, Loop
from tests.loop.town import Town, write_catalogue


@pytest.fixture(scope="package")
def loop(tmp_path_factory: pytest.TempPathFactory, fresh_database: Callable[[str], str]) -> Iterator[Loop]:
    """Some hundred requests and ratings of a year, counted and scored, on a broker that nobody else writes to."""
    broker = EmbeddedKafka(tmp_path_factory.mktemp("loop"))
    broker.start()
    urls = {service: fresh_database(service) for service in SERVICES}
    for service, url in urls.items():
        upgrade(service, url)
    small = Loop(urls, broker.bootstrap)
    asyncio.run(_live(small))
    yield small
    broker.stop()


async def _live(small: Loop) -> None:
    await ensure_topics(small.bootstrap)
    async with small.database("catalog") as connection:
        await write_catalogue(connection)
    async with small.database("feedback") as connection:
        await Town(connection).live(requests=200, ratings=80)
    await small.settle()
