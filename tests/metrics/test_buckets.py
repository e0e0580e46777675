"""Buckets in PostgreSQL hold what observations add up to, and nothing of what was taken back."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic import command
from hypothesis import HealthCheck, Phase, find, settings
from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.buckets import store
from services.metrics.buckets.columns import Observations
from services.metrics.buckets.grouping import by_district_and_month, by_jurisdiction_and_day, by_service_and_day
from services.metrics.buckets.measures import Measure
from services.metrics.buckets.observations import observe
from services.metrics.consumes import FeedbackHandler
from shared import migrate
from shared.contracts.base import Contract
from shared.contracts.feedback import Aspect, RequestClosed, RequestOpened, RequestReopened
from shared.contracts.registry import TYPE_OF, encode
from shared.database import connection, engine, transaction
from shared.migrate import upgrade
from tests.databases import Databases
from tests.metrics.lives import closed, erased_rating, flat, given_rating, lives, opened, reopened, replacing, withdrawn

FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1).date()
VIEWS = {"bucket_day": by_service_and_day, "bucket_month": by_district_and_month}
VIEWS |= {"bucket_jurisdiction": by_jurisdiction_and_day}
OWNERS = {
    "bucket_day": "service_id",
    "bucket_month": "service_id, district_id",
    "bucket_jurisdiction": "jurisdiction_id",
}
PERIODS = {"bucket_day": "day", "bucket_month": "month", "bucket_jurisdiction": "day"}

Sums = dict[Any, tuple[int, int]]


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[AsyncEngine]:
    url = databases.migrated("metrics")
    pool = engine(url)
    yield pool
    await pool.dispose()
    databases.drop(url)


async def add(database: AsyncEngine, *batches: Observations) -> None:
    """Adds batches, each in its transaction."""
    for batch in batches:
        async with transaction(database) as open_transaction:
            await store.add(open_transaction, batch)


async def stored(database: AsyncEngine) -> dict[str, Sums]:
    """The buckets of each grouping, as people who read the database see them."""
    found: dict[str, Sums] = {}
    async with connection(database) as reader:
        for view, owners in OWNERS.items():
            rows = await reader.fetch(f"SELECT {owners}, measure, bin, {PERIODS[view]}, count, total FROM {view}")
            found[view] = {(*row[:-3], (row[-3] - EPOCH).days): (row[-2], row[-1]) for row in map(tuple, rows)}
            assert len(found[view]) == len(rows)
    return found


async def rows(database: AsyncEngine) -> int:
    """How many rows there are of buckets, in whatever tables."""
    async with connection(database) as reader:
        tables = await reader.fetch(
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name LIKE 'bucket%'"
        )
        counts = [await reader.fetchval(f"SELECT count(*) FROM {row[0]}") for row in tables]
    assert tables
    return sum(counts)


def expected(events: Iterable[Contract]) -> dict[str, Sums]:
    observed = observe(events)
    return {view: flat(by(observed)) for view, by in VIEWS.items()}


def taken_back(events: Sequence[Contract]) -> Observations:
    observed = observe(events)
    return replace(observed, count=-observed.count, total=-observed.total)


@pytest.fixture(scope="module")
def many() -> list[Contract]:
    """Some hundred events of many lives."""
    chance = random.Random(3)
    found: list[Contract] = []
    while len(found) < 400:
        found += find(
            lives(),
            lambda events: len(events) > 5,
            random=chance,
            settings=settings(
                phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck), max_examples=2_000
            ),
        )
    return found


async def test_buckets_hold_what_batches_add_up_to(database: AsyncEngine, many: list[Contract]) -> None:
    chance, left = random.Random(4), list(many)
    while left:
        size = chance.choice([1, 2, 10, 60])
        await add(database, observe(left[:size]))
        left = left[size:]
    assert await stored(database) == expected(many)


async def test_the_same_buckets_whatever_the_batches(database: AsyncEngine, many: list[Contract]) -> None:
    await add(database, observe(many))
    assert await stored(database) == expected(many)


async def test_what_is_added_and_taken_back_leaves_no_row(database: AsyncEngine, many: list[Contract]) -> None:
    """The last first, as nothing can be taken back that is not there."""
    await add(database, observe(many[:200]), observe(many[200:]), taken_back(many[50:]))
    assert await stored(database) == expected(many[:50])
    await add(database, taken_back(many[:50]))
    assert await rows(database) == 0


CORRECTED = {
    "a withdrawn rating": lambda: [r := given_rating(FIRST, 4), withdrawn(r, FIRST + DAY)],
    "an erased rating with aspects": lambda: [
        r := given_rating(FIRST, 4, aspects={Aspect.EMPATHY: 2}),
        erased_rating(r, FIRST + DAY),
    ],
    "a request closed and reopened": lambda: [
        closed(FIRST, FIRST + DAY, "declined", FIRST),
        reopened(FIRST, FIRST + DAY, "declined", FIRST + 2 * DAY, FIRST),
    ],
}


@pytest.mark.parametrize("case", CORRECTED)
@pytest.mark.parametrize("together", [True, False])
async def test_of_a_correction_no_more_is_left_than_that_events_came(
    database: AsyncEngine, case: str, together: bool
) -> None:
    events = CORRECTED[case]()
    await add(database, *([observe(events)] if together else [observe([event]) for event in events]))
    found = await stored(database)
    assert {key[-3] for key in found["bucket_day"] | found["bucket_jurisdiction"]} == {Measure.EVENTS}
    assert sum(count for count, _ in found["bucket_day"].values()) == len(events)
    assert found["bucket_month"] == {}


# What databases that were made before had, and had not.
OLDER = """
DROP VIEW {view};
ALTER TABLE {view}_sparse RENAME TO {view}_durations;
ALTER TABLE {view}_cells DROP decision_known, DROP decided_in_time, DROP pledge_known, DROP pledge_kept,
    DROP contributions, DROP contributed_minutes;
CREATE VIEW {view} AS SELECT * FROM {view}_durations;
"""


async def test_buckets_of_an_earlier_version_keep_what_they_hold_and_take_new_measures(
    fresh_database: Callable[[str], str], many: list[Contract]
) -> None:
    url = fresh_database("metrics")
    await asyncio.to_thread(upgrade, "metrics", url)
    before = [event for event in many if type(event) in (RequestOpened, RequestClosed, RequestReopened)]
    after = [event for event in many if event not in before]
    database = engine(url)
    await add(database, observe(before))
    async with transaction(database) as older:
        await older.execute("".join(OLDER.format(view=view) for view in VIEWS))
        await older.execute(f"DELETE FROM measure WHERE code >= {Measure.ASPECT}")
        await older.execute("UPDATE alembic_version SET version_num = '0001'")
    await asyncio.to_thread(command.upgrade, migrate._config("metrics", url), "0002")
    assert await stored(database) == expected(before)
    await add(database, observe(after))
    assert await stored(database) == expected(many)
    async with connection(database) as reader:
        names = await reader.fetch("SELECT code, name FROM measure ORDER BY code")
        touched = await reader.fetch("SELECT service_id FROM service_activity WHERE touched > scored")
    assert [tuple(row) for row in names] == [(measure.value, measure.label) for measure in Measure]
    assert {row["service_id"] for row in touched} == {event.service_id for event in before + after}
    await database.dispose()


async def test_a_replaced_rating_stays_an_input(database: AsyncEngine) -> None:
    before = given_rating(FIRST, 2, district_id="town.north")
    await add(database, observe([before]), observe([replacing(before, FIRST + DAY, 5, district_id="town.south")]))
    assert (await stored(database))["bucket_month"] == {
        ("town.lamps", "town.north", Measure.INPUTS, 0, 20_513): (1, 0),
        ("town.lamps", "town.south", Measure.INPUTS, 0, 20_513): (1, 0),
        ("town.lamps", "town.south", Measure.RATING, 5, 20_513): (1, 5),
    }


async def test_each_batch_has_its_services_scored_anew(database: AsyncEngine) -> None:
    await add(database, observe([opened(FIRST), opened(FIRST, service_id="town.roads")]), observe([opened(FIRST)]))
    async with connection(database) as reader:
        touched = await reader.fetch("SELECT service_id, jurisdiction_id, touched FROM service_activity ORDER BY 1")
    assert [tuple(row) for row in touched] == [("town.lamps", "town", 2), ("town.roads", "town", 1)]


async def test_workers_that_meet_in_the_same_buckets_lose_nothing(database: AsyncEngine, many: list[Contract]) -> None:
    """Those of the jurisdiction are everybody's; each worker has services of its own."""
    parts = [[structs.replace(event, service_id=f"town.{n}") for event in many[:30]] for n in range(8)]
    await asyncio.gather(*(add(database, *(observe([event]) for event in part)) for part in parts))
    assert await stored(database) == expected(event for part in parts for event in part)


def test_events_that_cannot_be_read_are_set_aside_with_their_reason() -> None:
    good = opened(FIRST)
    name = TYPE_OF[type(good)]
    bad = {
        b"{not json": "malformed",
        b"": "truncated",
        b"\xff": "",
        b'{"service_id": "\xff"}': "utf-8",
        b"{}": "required field",
        b'{"news": ' + b"[" * 100_000 + b"]" * 100_000 + b"}": "recursion",
    }
    events = [(name, encode(good)), *((name, data) for data in bad), ("moon.rose.v1", b"{}")]
    usable, refused = FeedbackHandler().prepare(events)
    assert usable.total.tolist() == observe([good]).total.tolist()
    assert list(refused) == list(range(1, len(events)))
    for reason, said in zip(refused.values(), [*bad.values(), "moon.rose.v1"], strict=True):
        assert reason
        assert said in reason
