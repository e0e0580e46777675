"""Today's scores are read for all who ask at the same time: what was committed is told, and nobody left out."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.subjects.together import Together
from shared.database import connection, engine
from tests.metrics.conftest import Metrics
from tests.metrics.town import jurisdiction, rating, service

PATH = "/v1/services/town.potholes/score"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[AsyncEngine]:
    found = engine(database_url)
    async with connection(found) as writing:
        await writing.execute("CREATE TABLE word (key text PRIMARY KEY, value text)")
        await writing.execute("INSERT INTO word VALUES ('a', 'one'), ('b', 'two')")
    yield found
    await found.dispose()


class Reads:
    """Reads words, and notes how many were asked for at once and by which process of the server."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.server = 0

    async def __call__(self, database: asyncpg.Connection, keys: Sequence[str]) -> dict[str, str]:
        self.sizes.append(len(keys))
        self.server = database.get_server_pid()
        return dict(await database.fetch("SELECT key, value FROM word WHERE key = ANY ($1)", keys))


async def test_all_who_wait_are_answered_by_one_reading_that_sees_what_was_committed_before(
    database: AsyncEngine,
) -> None:
    reads = Reads()
    together = Together(database, reads)
    assert await asyncio.gather(*map(together.get, "aabc")) == ["one", "one", "two", None]
    assert reads.sizes == [3]
    early = asyncio.create_task(together.get("a"))
    while len(reads.sizes) < 2:
        await asyncio.sleep(0)
    async with connection(database) as writing:
        await writing.execute("UPDATE word SET value = 'three' WHERE key = 'a'")
    assert await together.get("a") == "three"
    assert await early in ("one", "three")
    await together.close()


async def test_one_who_goes_away_takes_no_answer_from_the_others(database: AsyncEngine) -> None:
    together = Together(database, Reads())
    leaving, staying = asyncio.create_task(together.get("a")), asyncio.create_task(together.get("a"))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == "one"
    await together.close()


async def test_a_connection_that_broke_while_it_was_kept_is_replaced(database: AsyncEngine) -> None:
    reads = Reads()
    together = Together(database, reads)
    await together.get("a")
    async with connection(database) as other:
        await other.execute("SELECT pg_terminate_backend($1)", reads.server)
    assert await asyncio.gather(together.get("a"), together.get("b")) == ["one", "two"]
    await together.close()


async def test_whoever_waits_is_told_that_reading_failed_and_the_next_reads_again(database: AsyncEngine) -> None:
    together = Together(database, Reads())
    async with connection(database) as writing:
        await writing.execute("ALTER TABLE word RENAME TO words")
    failed = await asyncio.gather(together.get("a"), together.get("b"), return_exceptions=True)
    assert [type(each) for each in failed] == [asyncpg.UndefinedTableError] * 2
    async with connection(database) as writing:
        await writing.execute("ALTER TABLE words RENAME TO word")
    assert await together.get("a") == "one"
    await together.close()


async def test_what_a_caller_has_is_not_sent_again(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service(), rating(5))
    computed = await metrics.http.get(PATH)
    await metrics.score_all()
    published = await metrics.http.get(PATH)
    assert (published.content, published.headers["ETag"]) == (computed.content, computed.headers["ETag"])
    again = await metrics.http.get(PATH, headers={"If-None-Match": f'"other", {published.headers["ETag"]}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", published.headers["ETag"])
    await metrics.receive(rating(1))
    changed = await metrics.http.get(PATH, headers={"If-None-Match": published.headers["ETag"]})
    assert (changed.status_code, changed.json()["events"]) == (200, 2)


async def test_an_id_that_none_can_have_is_refused_as_such(metrics: Metrics) -> None:
    for id in ("%00", "A", "a%0A", "x" * 64):
        answer = await metrics.http.get(f"/v1/services/{id}/score")
        assert answer.status_code == 422, id
    assert await metrics.problem("/v1/services/town.nothing/score") == (404, "unknown-service")
