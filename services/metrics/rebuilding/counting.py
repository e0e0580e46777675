"""Counting the topic in processes of their own, each some of its partitions: what a recount spends its time on."""

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TypeVar

import uvloop

from services.metrics.buckets.measures import Measure
from services.metrics.buckets.rebuild import Attendance
from services.metrics.buckets.sketches import sketch_of
from services.metrics.rebuilding import tables
from services.metrics.rebuilding.replay import Replay
from services.metrics.rebuilding.tally import Key, Tally
from shared.database import engine, transaction
from shared.inbox.batch import Standing
from shared.inbox.history import history
from shared.outbox.append import part_of

T = TypeVar("T")


@dataclass(frozen=True)
class Task:
    """What to count: a topic and its source, the schema of the shadow tables, and all measures or only `measures`.

    `kept` are the measures on demand that are counted as events come.
    """

    database_url: str
    bootstrap: str
    topic: str
    source: str
    schema: str = ""
    measures: frozenset[Measure] | None = None
    kept: frozenset[Measure] = frozenset()

    @property
    def tally(self) -> Tally:
        """Where to count."""
        return Tally(self.measures, self.kept if self.measures is None else self.measures)


class Orphaned(Exception):
    """The process that asked for this has ended."""


@contextmanager
def processes(number: int) -> Iterator[Executor]:
    """Processes that start afresh, for this one has an event loop and connections; or one thread for a number of 0."""
    if number:
        context = get_context("spawn")
        pool: Executor = ProcessPoolExecutor(number, mp_context=context, initializer=_begin, initargs=(os.getpid(),))
    else:
        pool = ThreadPoolExecutor(1)
    try:
        yield pool
    finally:
        pool.shutdown(wait=not number, cancel_futures=True)


_parent: int | None = None


def _begin(parent: int) -> None:
    global _parent
    _parent = parent
    gc.set_threshold(50_000, 20, 50)


def _still_wanted() -> None:
    if _parent is not None and os.getppid() != _parent:
        raise Orphaned


def count(task: Task, ends: Mapping[int, int]) -> Standing:
    """Counts partitions from their start into shadow tables; returns where the inbox then stands."""
    return uvloop.run(_count(task, ends))


async def _count(task: Task, ends: Mapping[int, int]) -> Standing:
    replay, tally = Replay(task.source), task.tally
    async with history(task.bootstrap, task.topic) as topic:
        async for stretches in topic.read({}, ends):
            tally.add(replay.take(stretches))
            _still_wanted()
    await store(task, tally)
    return replay.standing


async def store(task: Task, tally: Tally) -> None:
    """Appends a tally to the shadow tables."""
    database = engine(task.database_url, pool_size=0)
    async with transaction(database) as connection:
        await tables.write(connection, task.schema, tally)
    await database.dispose()


def attend(
    task: Task, keys: Sequence[Key], ends: Mapping[int, int], marks: Mapping[int, int]
) -> dict[Key, bytes | None]:
    """The exact sketches of some keys of these partitions, by each input that stands; None where nobody is left."""
    return uvloop.run(_attend(task, keys, ends, marks))


async def _attend(
    task: Task, keys: Sequence[Key], ends: Mapping[int, int], marks: Mapping[int, int]
) -> dict[Key, bytes | None]:
    found: dict[Key, bytes | None] = {}
    async with history(task.bootstrap, task.topic) as topic:
        for part, end in ends.items():
            attendance = Attendance([key for key in keys if part_of(key[0]) == part])
            async for stretches in topic.read({}, {part: end}):
                for record in stretches[part].records():
                    attendance.note_record(record, task.source)
                _still_wanted()
            for key, contributors in attendance.contributors(marks.get(part, 0)).items():
                found[key] = sketch_of(contributors) if contributors else None
    return found


def shares(ends: Mapping[int, int], number: int) -> list[dict[int, int]]:
    """Partitions dealt out so that each share has about as much to read."""
    found: list[dict[int, int]] = [{} for _ in range(number)]
    for part, end in sorted(ends.items(), key=lambda item: -item[1]):
        min(found, key=lambda share: sum(share.values()))[part] = end
    return [share for share in found if share]


async def in_processes(pool: Executor, calls: Sequence[Callable[[], T]]) -> list[T]:
    """Runs calls at once; returns what each returned."""
    loop = asyncio.get_running_loop()
    waiting: list[Awaitable[T]] = [loop.run_in_executor(pool, call) for call in calls]
    return list(await asyncio.gather(*waiting))
