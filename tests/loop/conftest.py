"""A small loop that has come to rest; tests break copies of it."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from tests.loop.commons import Commons
from tests.loop.loop import Loop, on_own_broker
from tests.loop.town import Town, write_catalogue


@pytest.fixture(scope="package")
def loop(tmp_path_factory: pytest.TempPathFactory, fresh_database: Callable[[str], str]) -> Iterator[Loop]:
    """A year of a town's input of every kind, counted and scored, on a broker that nobody else writes to."""
    with on_own_broker(tmp_path_factory.mktemp("loop"), fresh_database) as small:
        asyncio.run(_live(small))
        yield small


async def _live(small: Loop) -> None:
    async with small.database("catalog") as connection:
        await write_catalogue(connection)
    async with small.database("feedback") as connection:
        await Town(connection).live(requests=200, ratings=80)
        await Commons(connection).live()
    await small.settle()
