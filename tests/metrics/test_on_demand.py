"""Measures kept on demand: a scorecard that needs one has it built beside the live counting, exactly."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import httpx
import pytest

from deploy.local.kafka import EmbeddedKafka
from services.metrics.buckets.measures import Measure
from services.metrics.buckets.tables import GROUPINGS
from services.metrics.rebuilding import store
from services.metrics.rebuilding.builder import Builder
from shared.auth import ensure_key, new_key
from shared.contracts.feedback import Resolution
from shared.database import connection, transaction
from tests.metrics.conftest import serving
from tests.metrics.inflow import Inflow, Tables, inflow
from tests.metrics.lives import closed, opened, reopened
from tests.metrics.test_rebuild import history

FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
DEFAULT = (files("services.metrics") / "scorecards" / "default.v2.yaml").read_text()
CARD = DEFAULT.replace("id: default\nversion: 2", "id: town\nversion: 1").replace(
    "measure: time-to-close", "measure: lateness"
)
LATENESS = f"SELECT bin, day, count, total FROM bucket_day WHERE measure = {Measure.LATENESS:d} ORDER BY 1, 2"


@pytest.fixture
async def flow(fresh_database: Callable[[str], str], kafka: EmbeddedKafka) -> AsyncIterator[Inflow]:
    """A topic with some history, counted."""
    async with inflow(fresh_database("metrics"), kafka.bootstrap) as small:
        async with small.counting():
            await small.write(small.messages(*history(80)))
        yield small


async def want(flow: Inflow) -> None:
    async with transaction(flow.database) as database:
        await store.ensure_kept(database, ["lateness", "rating"])


async def state(flow: Inflow) -> str:
    async with connection(flow.database) as database:
        [lateness] = await store.on_demand(database)
    return lateness.state


async def rows(flow: Inflow) -> list[tuple[object, ...]]:
    async with connection(flow.database) as database:
        return [tuple(row) for row in await database.fetch(LATENESS)]


async def always_kept(flow: Inflow, url: str) -> Tables:
    """What another database comes to that has kept the measure from the first event on."""
    async with inflow(url, flow.bootstrap, flow.topic) as other:
        await other.execute(
            "UPDATE measure_on_demand SET wanted_at = now(), counted_since = now(), complete_at = now()"
        )
        other.written = flow.written
        async with other.counting():
            pass
        await other.renew_sketches()
        return await other.tables()


async def test_what_nobody_needs_is_not_kept(flow: Inflow) -> None:
    async with connection(flow.database) as database:
        for grouping in GROUPINGS:
            measures = await database.fetch(f"SELECT DISTINCT measure FROM {grouping.sparse}")
            assert Measure.LATENESS not in {row[0] for row in measures}
    assert await state(flow) == "not kept"
    assert await Builder(flow.database, flow.task).build() == frozenset()


async def test_it_is_built_while_input_goes_on_and_then_counted_as_if_it_had_always_been(
    flow: Inflow, fresh_database: Callable[[str], str]
) -> None:
    stop = asyncio.Event()

    async def give() -> None:
        seed = 2
        while not stop.is_set():
            await flow.write(flow.messages(*history(10, seed)))
            seed += 1

    await want(flow)
    assert await state(flow) == "being built"
    async with flow.counting(max_records=50):
        giving = asyncio.create_task(give())
        assert await Builder(flow.database, flow.task).build() == {"lateness"}
        stop.set()
        await giving
    assert await state(flow) == "kept"
    await flow.renew_sketches()
    assert await flow.tables() == await always_kept(flow, fresh_database("metrics"))
    assert not (await flow.recount()).found.total
    await flow.execute(f"DELETE FROM bucket_day_sparse WHERE measure = {Measure.LATENESS:d}")
    assert set((await flow.recount()).found.rows) == {"bucket_day_sparse"}


async def test_until_it_is_complete_nobody_sees_it_and_one_that_was_ended_is_begun_again(
    flow: Inflow, fresh_database: Callable[[str], str]
) -> None:
    await want(flow)
    async with transaction(flow.database) as database:
        await store.begin_counting(database, [Measure.LATENESS])  # and there it was killed
    async with flow.counting():
        await flow.write(flow.messages(*history(40, seed=9)))
    assert await rows(flow) == []
    assert set((await flow.recount(correct=False)).found.rows) == {grouping.sparse for grouping in GROUPINGS}
    await Builder(flow.database, flow.task).build()
    assert await rows(flow)
    await flow.renew_sketches()
    assert await flow.tables() == await always_kept(flow, fresh_database("metrics"))


async def test_it_says_by_how_much_closings_were_late_and_reopening_takes_that_back(flow: Inflow) -> None:
    await want(flow)
    await Builder(flow.database, flow.task).build()
    await flow.execute("TRUNCATE bucket_day_sparse")
    due, end = FIRST + DAY, FIRST + DAY + HOUR
    late = [opened(FIRST, due), closed(FIRST, end, due=due)]
    in_time = [opened(FIRST, due), closed(FIRST, due, due=due)]
    without = [opened(FIRST), closed(FIRST, end)]
    async with flow.counting():
        await flow.write(flow.messages(*late, *in_time, *without))
    assert [row[1:] for row in await rows(flow)] == [(end.date(), 1, 3_600)]
    async with flow.counting():
        await flow.write(flow.messages(reopened(FIRST, end, Resolution.RESOLVED, end + DAY, due)))
    assert await rows(flow) == []


async def test_storing_a_scorecard_has_it_built_and_its_figures_rest_on_it(flow: Inflow) -> None:
    key = new_key()
    async with transaction(flow.database) as database:
        await ensure_key(database, key, "Planning", ["metrics:staff"])
        await database.execute(
            "INSERT INTO service (id, jurisdiction_id, name, status, version, changed_at, description, "
            "resolution_target) VALUES ('town.lamps', 'town', 'Lamps', 'active', 1, now(), '', 86400)"
        )
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/yaml"}
    async with serving(flow.url) as address, httpx.AsyncClient(base_url=address, timeout=30) as http:
        assert (await http.get("/v1/rebuilds")).json()["measures"][0]["state"] == "not kept"
        answer = await http.post("/v1/scorecards", content=CARD, headers=headers)
        assert answer.status_code == 201, answer.text
        told = (await http.get("/v1/rebuilds")).json()["measures"][0]
        assert (told["measure"], told["state"]) == ("lateness", "being built")
        assert (await indicator(http))["n"] == 0
        await Builder(flow.database, flow.task).build()
        assert (await http.get("/v1/rebuilds")).json()["measures"][0]["state"] == "kept"
        assert (await indicator(http))["n"] > 0


async def indicator(http: httpx.AsyncClient) -> dict[str, float]:
    """How late the late are, by the town's scorecard."""
    asked = {"scorecard": "town.v1", "as_of": "2026-06-20"}
    found = await http.get("/v1/services/town.lamps/explanation", params=asked)
    assert found.status_code == 200, found.text
    [one] = [each for each in found.json()["indicators"] if each["id"] == "resolution-time"]
    return dict(one)
