"""The loop as processes of their own, on a broker of their own, with input that never stops while parts die."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from tests.faults.processes import Processes
from tests.loop.loop import Loop, on_own_broker
from tests.loop.town import write_catalogue


@pytest.fixture(scope="package")
def loop(tmp_path_factory: pytest.TempPathFactory, fresh_database: Callable[[str], str]) -> Iterator[Loop]:
    """Databases and topics of a town that nobody has given input to yet."""
    with on_own_broker(tmp_path_factory.mktemp("faults"), fresh_database) as small:
        asyncio.run(_found(small))
        yield small


async def _found(small: Loop) -> None:
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
