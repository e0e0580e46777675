"""Counting anew: what differs is found, and corrected to the byte, whatever goes on meanwhile and whoever is killed."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest

from deploy.local.kafka import EmbeddedKafka
from services.metrics.rebuilding import recount, tables
from services.metrics.rebuilding.recount import NotPossible
from shared.contracts.base import Contract
from shared.contracts.feedback import Resolution
from shared.database import connection
from tests.metrics.inflow import Inflow, Tables, inflow
from tests.metrics.lives import (
    answered,
    closed,
    erased_rating,
    given_rating,
    opened,
    reopened,
    replacing,
    withdrawn,
)

FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
Databases = Callable[[str], str]


def history(number: int, seed: int = 1) -> list[Contract]:
    """Lives of a few services: some end well, some are taken back."""
    chance = random.Random(seed)
    events: list[Contract] = []
    for _ in range(number):
        at = FIRST + timedelta(seconds=chance.randrange(90 * 86_400))
        where = {
            "service_id": chance.choice(["town.lamps", "town.roads", "town.trees"]),
            "district_id": chance.choice([None, "town.north", "town.south"]),
            "contributor": f"person {chance.randrange(number)}",
        }
        place = {name: value for name, value in where.items() if name != "contributor"}
        if chance.random() < 0.5:
            rating = given_rating(at, chance.randint(1, 5), **where)
            events.append(rating)
            if chance.random() < 0.3:
                events.append(replacing(rating, at + DAY, chance.randint(1, 5), **where))
            elif chance.random() < 0.3:
                events.append(chance.choice([withdrawn, erased_rating])(rating, at + DAY))
        else:
            end = at + timedelta(seconds=chance.randrange(10 * 86_400))
            resolution = chance.choice(list(Resolution))
            events += [
                opened(at, at + DAY, at + DAY, **where),
                answered(at, at + DAY / 2, at + DAY, **place),
                closed(at, end, resolution, at + DAY, **place),
            ]
            if chance.random() < 0.3:
                events.append(reopened(at, end, resolution, end + DAY, at + DAY, **place))
    return events


@pytest.fixture
async def flow(fresh_database: Databases, kafka: EmbeddedKafka) -> AsyncIterator[Inflow]:
    """A topic with some history, counted, and its sketches renewed."""
    async with inflow(fresh_database("metrics"), kafka.bootstrap) as small:
        async with small.counting():
            await small.write(small.messages(*history(120)))
        await small.renew_sketches()
        yield small


async def test_a_recount_of_what_is_right_finds_and_changes_nothing(flow: Inflow) -> None:
    before = await flow.tables()
    found = await flow.recount()
    assert (found.found.total, found.found.samples, found.corrected) == (0, [], False)
    assert found.messages == found.events == flow.written
    assert await flow.tables() == before
    assert not await left_over(flow)


TAMPERED = {
    "bucket_day_cells": [
        "UPDATE bucket_day_cells SET events = events + 1 WHERE ctid IN (SELECT ctid FROM bucket_day_cells LIMIT 3)",
        "DELETE FROM bucket_day_cells WHERE service_id = 'town.roads'",
        "INSERT INTO bucket_day_cells SELECT (t).* FROM (SELECT jsonb_populate_record(b, "
        '\'{"service_id": "town.fountains"}\') t FROM bucket_day_cells b LIMIT 4) s',
    ],
    "bucket_day_sparse": ["UPDATE bucket_day_sparse SET total = total - 7 WHERE service_id = 'town.lamps'"],
    "bucket_month_cells": ["UPDATE bucket_month_cells SET inputs = 0, rated_5 = 2"],
    "bucket_month_sparse": [
        "TRUNCATE bucket_month_sparse",
        "INSERT INTO bucket_month_sparse VALUES ('town.lamps', '', 5, 12, '2020-01-01', 0, 0)",
    ],
    "bucket_jurisdiction_cells": ["TRUNCATE bucket_jurisdiction_cells"],
    "bucket_jurisdiction_sparse": ["UPDATE bucket_jurisdiction_sparse SET bin = bin + 1000"],
    "contributor_sketch": [
        "DELETE FROM contributor_sketch WHERE district_id = ''",
        "UPDATE contributor_sketch SET sketch = "
        "(SELECT sketch FROM contributor_sketch ORDER BY length(sketch) DESC LIMIT 1)",
        "INSERT INTO contributor_sketch SELECT 'town.fountains', district_id, month, sketch FROM contributor_sketch "
        "WHERE service_id = 'town.lamps'",
    ],
}


async def test_what_was_tampered_with_is_found_and_made_as_it_was(flow: Inflow) -> None:
    before = await flow.tables()
    for table, statements in TAMPERED.items():
        for statement in statements:
            await flow.execute(statement)
            broken = await flow.tables()
            found = await flow.recount()
            assert found.found.rows == {table: differing(before[table], broken[table])}, statement
            assert found.found.samples[0].startswith(f"{table} town")
            assert await flow.tables() == before, statement


async def test_looking_tells_all_that_differs_and_changes_nothing(flow: Inflow) -> None:
    for statement in (each for several in TAMPERED.values() for each in several):
        await flow.execute(statement)
    broken = await flow.tables()
    found = await flow.recount(correct=False)
    assert set(found.found.rows) == set(TAMPERED)
    assert not found.corrected
    assert await flow.tables() == broken


def differing(before: Sequence[tuple[object, ...]], after: Sequence[tuple[object, ...]]) -> int:
    """How many keys have other amounts; tampering here keeps keys and amounts apart by their first columns."""
    width = next(n for n, value in enumerate(after[0] if after else before[0]) if hasattr(value, "year")) + 1
    old, new = ({row[:width]: row[width:] for row in rows} for rows in (before, after))
    return sum(old.get(key) != new.get(key) for key in old.keys() | new.keys())


async def test_services_and_jurisdictions_that_differed_are_scored_anew(flow: Inflow) -> None:
    await flow.execute("UPDATE bucket_day_cells SET events = events + 1 WHERE service_id = 'town.lamps'")
    await flow.execute("UPDATE bucket_jurisdiction_cells SET events = events + 1")
    touched = "SELECT service_id, touched FROM service_activity"
    async with connection(flow.database) as database:
        before = dict(await database.fetch(touched))
        of_town = await database.fetchval("SELECT touched FROM jurisdiction_activity")
        await flow.recount()
        after = dict(await database.fetch(touched))
        assert await database.fetchval("SELECT touched FROM jurisdiction_activity") == of_town + 1
    assert after == before | {"town.lamps": before["town.lamps"] + 1}


@pytest.mark.parametrize("few", [0, 10**9])
async def test_what_was_forgotten_is_counted_anew_while_workers_go_on(
    flow: Inflow, fresh_database: Databases, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Input comes all the time, some of it taken back: in the end all is as if nothing had ever been forgotten.

    Counted by processes of their own, and in one.
    """
    monkeypatch.setattr(recount, "FEW", few)
    await flow.execute(f"TRUNCATE {', '.join(await flow.tables())}")
    stop = asyncio.Event()

    async def give() -> None:
        seed = 2
        while not stop.is_set():
            await flow.write(flow.messages(*history(10, seed)))
            seed += 1

    async with flow.counting(max_records=50):
        giving = asyncio.create_task(give())
        found = await flow.recount()
        stop.set()
        await giving
    assert found.corrected
    assert flow.written > found.messages, "nothing came meanwhile: the test proves nothing"
    await flow.renew_sketches()
    assert await flow.tables() == await counted_afresh(flow, fresh_database("metrics"))


async def counted_afresh(flow: Inflow, url: str) -> Tables:
    """What another database comes to that counts the same topic from its start, and never knew anything else."""
    async with inflow(url, flow.bootstrap, flow.topic) as other:
        other.written = flow.written
        async with other.counting():
            pass
        await other.renew_sketches()
        return await other.tables()


async def test_duplicates_dead_letters_and_waiting_events_are_as_the_inbox_took_them(flow: Inflow) -> None:
    rating = given_rating(FIRST, 4, contributor="ann")
    first, second = flow.messages(rating, opened(FIRST, contributor="bob"))
    poison = flow.source.next_raw("town.lamps", "feedback.rating.given.v1", b"{}")
    unknown = flow.source.next_raw("town.lamps", "feedback.dance.begun.v1", b"{}")
    early = opened(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))))
    nul = given_rating(FIRST, 3, service_id="town.lamps", district_id="nul \0 here")
    centuries = given_rating(datetime(2900, 1, 1, tzinfo=UTC), 3)
    async with flow.counting():
        await flow.write([first, second, first, poison, second, unknown])
        await flow.write(flow.messages(early, nul, centuries, withdrawn(rating, FIRST + DAY)))
        missing, waiting = flow.messages(opened(FIRST, contributor="cyd"), opened(FIRST, contributor="dan"))
        await flow.write([waiting])
    async with connection(flow.database) as database:
        assert await database.fetchval("SELECT count(*) FROM dead_letter") == 5
        assert await database.fetchval("SELECT count(*) FROM parked_event") == 1
    await flow.renew_sketches()
    before = await flow.tables()
    assert not (await flow.recount()).found.total
    await flow.execute("UPDATE bucket_day_cells SET events = 0")
    assert (await flow.recount()).corrected
    assert await flow.tables() == before
    async with flow.counting():
        await flow.write([missing])
    async with connection(flow.database) as database:
        assert await database.fetchval("SELECT count(*) FROM parked_event") == 0
    assert not (await flow.recount()).found.total


async def test_a_sketch_that_waits_to_be_renewed_is_no_difference(flow: Inflow) -> None:
    rating = given_rating(FIRST, 4, contributor="somebody")
    async with flow.counting():
        await flow.write(flow.messages(rating, withdrawn(rating, FIRST + DAY)))
    assert not (await flow.recount()).found.total


async def test_positions_that_the_history_does_not_explain_are_refused(flow: Inflow) -> None:
    before = await flow.tables()
    await flow.execute("UPDATE source_position SET seq = seq + 1 WHERE seq > 0")
    with pytest.raises(NotPossible, match=r"come to event .* and metrics stands at event"):
        await flow.recount()
    await flow.execute("UPDATE source_position SET seq = seq - 1 WHERE seq > 0")
    await flow.execute("UPDATE consumer_offset SET next_offset = next_offset + 5 WHERE next_offset > 0")
    with pytest.raises(NotPossible, match=r"ends at .* and it was read to"):
        await flow.recount()
    assert await flow.tables() == before
    assert not await left_over(flow)


async def test_a_full_disk_is_refused_before_anything_is_written(flow: Inflow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recount, "SPARE", 2**60)
    with pytest.raises(NotPossible, match="bytes free"):
        await flow.recount()


async def test_only_one_recount_at_a_time(flow: Inflow) -> None:
    async with connection(flow.database) as other:
        await other.execute("SELECT pg_advisory_lock($1)", recount.LOCK)
        with pytest.raises(NotPossible, match="another recount is under way"):
            await flow.recount()
        await other.execute("SELECT pg_advisory_unlock($1)", recount.LOCK)
    both = await asyncio.gather(flow.recount(), flow.recount(), return_exceptions=True)
    assert sum(isinstance(each, NotPossible) for each in both) == 1


RUN = """
import asyncio, sys
from shared.database import engine
from services.metrics.rebuilding.counting import Task
from services.metrics.rebuilding.recount import Recount
if __name__ == "__main__":
    found = asyncio.run(Recount(engine(sys.argv[1]), Task(*sys.argv[1:5])).run(correct=True))
    print(found.corrected)
"""
POINTS = ("rebuild.counted", "rebuild.compared", "rebuild.before_commit", "rebuild.corrected")


@pytest.mark.parametrize("point", POINTS)
async def test_one_that_was_killed_anywhere_is_simply_begun_again(
    flow: Inflow, point: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = await flow.tables()
    await flow.execute("UPDATE bucket_day_cells SET events = events + 1; DELETE FROM contributor_sketch")
    program = tmp_path_factory.mktemp("killed") / "run.py"
    program.write_text(RUN)
    task = flow.task
    killed = await asyncio.create_subprocess_exec(
        sys.executable, str(program), task.database_url, task.bootstrap, task.topic, task.source,
        env=os.environ | {"CIVICLOOP_FAILPOINTS": f"{point}=1", "PYTHONPATH": os.getcwd()},
    )  # fmt: skip
    assert await killed.wait() == -signal.SIGKILL
    again = await until_possible(flow)
    assert again.corrected == (point != "rebuild.corrected")
    await flow.renew_sketches()
    assert await flow.tables() == before
    assert not await left_over(flow)


async def until_possible(flow: Inflow) -> recount.Recounted:
    """A server takes a moment to notice that a client is gone."""
    while True:
        try:
            return await flow.recount()
        except NotPossible:
            await asyncio.sleep(0.05)


async def left_over(flow: Inflow) -> list[object]:
    async with connection(flow.database) as database:
        return list(await database.fetch(tables.LEFT_OVER))
