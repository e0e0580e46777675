"""One recount from beginning to end: count the history, compare by one snapshot, correct by one transaction."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.buckets import store as buckets
from services.metrics.buckets.measures import Measure
from services.metrics.buckets.rebuild import SketchRebuilder
from services.metrics.rebuilding import counting, store, tables
from services.metrics.rebuilding.counting import Task
from services.metrics.rebuilding.replay import Replay
from services.metrics.rebuilding.store import Differences, Positions, SketchComparison
from shared import failpoints
from shared.database import TRANSIENT, connection
from shared.inbox.batch import Standing
from shared.inbox.history import History, Incomplete, history
from shared.outbox.append import part_of

LOCK = 7_201_506
"""PostgreSQL's advisory lock that a recount holds."""

PROCESSES = 2
FEW = 50_000
"""Up to so many messages processes of their own are not worth their start."""

TRIES = 20
WORK_MEMORY = "256MB"

SPARE = 64 * 1024 * 1024
"""Bytes that shadow tables may take even where the live ones are small."""


class NotPossible(Exception):
    """A recount that cannot be made, or made now: says why. Nothing was changed."""


@dataclass
class Recounted:
    """What a recount found. `events` took effect; `differences` counts rows by table."""

    events: int = 0
    messages: int = 0
    seconds: float = 0.0
    corrected: bool = False
    found: Differences = field(default_factory=Differences)

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "events": self.events,
            "messages": self.messages,
            "differences": self.found.total,
            "tables": self.found.rows,
            "samples": self.found.samples,
            "corrected": self.corrected,
            "seconds": round(self.seconds, 1),
        }

    def lines(self) -> list[str]:
        """For people."""
        lines = [f"{self.events:,} events of {self.messages:,} messages counted in {self.seconds:.1f} seconds."]
        if not self.found.total:
            return [*lines, "The live figures are the same."]
        lines += [f"{number:>12,}  rows of {table} differ" for table, number in self.found.rows.items()]
        lines += [f"              {sample}" for sample in self.found.samples]
        return [*lines, "They are corrected." if self.corrected else "Nothing was changed."]


class Recount:
    """Recounts for `task`; `say` hears what is being done."""

    def __init__(self, engine: AsyncEngine, task: Task, say: Callable[[str], None] = lambda text: None) -> None:
        self._engine = engine
        self._task = replace(task, schema=f"{tables.PREFIX}{uuid4().hex}")
        self._say = say
        self._started = time.monotonic()

    async def run(self, *, correct: bool) -> Recounted:
        """Raises NotPossible, or what PostgreSQL and Kafka raise."""
        try:
            async with self._alone() as database:
                return await self._recount(database, correct)
        except Incomplete as error:
            raise NotPossible(f"the history is not whole: {error}") from error
        except BrokenProcessPool as error:
            raise NotPossible("a counting process was ended") from error
        except asyncpg.DiskFullError as error:
            raise NotPossible("PostgreSQL's disk has no room for the shadow tables") from error

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection that holds the lock, and makes the correction: without the one there is not the other."""
        async with connection(self._engine) as database:
            if not await store.claim(database, LOCK):
                raise NotPossible("another recount is under way")
            try:
                await tables.drop_all(database)
                yield database
            finally:
                if not database.is_closed():
                    await tables.drop_all(database)
                    await database.execute("DISCARD TEMP")
                    await store.release(database, LOCK)

    async def _recount(self, database: asyncpg.Connection, correct: bool) -> Recounted:
        if self._measures is not None:
            async with database.transaction():
                await store.begin_counting(database, self._measures)
        self._task = replace(self._task, kept=await buckets.kept(database))
        before = await self._positions(database)
        await _require_room(database)
        await tables.create(database, self._task.schema)
        async with history(self._task.bootstrap, self._task.topic) as topic:
            await topic.require(before.offsets)
            number = sum(before.offsets.values())
            with counting.processes(PROCESSES if number > FEW else 0) as pool:
                self._say(f"counting {number:,} messages")
                standing = await self._count(pool, before.offsets)
                failpoints.hit("rebuild.counted")
                found, standing = await self._compare(database, topic, pool, standing)
        failpoints.hit("rebuild.compared")
        result = Recounted(sum(standing.marks.values()), sum(standing.offsets.values()), found=found)
        if correct and (found.total or self._measures):
            self._say(f"correcting {found.total:,} rows")
            await self._correct(database, found)
            result.corrected = True
        result.seconds = time.monotonic() - self._started
        return result

    async def _count(self, pool: Executor, ends: Mapping[int, int]) -> Standing:
        calls = [partial(counting.count, self._task, share) for share in counting.shares(ends, PROCESSES)]
        standing = Standing()
        for each in await counting.in_processes(pool, calls):
            standing.take(each)
        return standing

    async def _compare(
        self, database: asyncpg.Connection, topic: History, pool: Executor, standing: Standing
    ) -> tuple[Differences, Standing]:
        """What differs at the positions of this moment's snapshot."""
        async with database.transaction(isolation="repeatable_read"):
            now = await self._positions(database)
            await topic.require(now.offsets)
            replay = Replay(self._task.source, standing)
            await self._count_rest(database, topic, replay, now.offsets)
            self._require_same(now, replay.standing)
            self._say("comparing")
            await database.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'")
            found = await store.find(database, self._task.schema, self._measures)
            if self._measures is None:
                await self._compare_sketches(database, pool, now, found)
        return found, replay.standing

    @property
    def _measures(self) -> list[Measure] | None:
        return None if self._task.measures is None else sorted(self._task.measures)

    async def _count_rest(
        self, database: asyncpg.Connection, topic: History, replay: Replay, ends: Mapping[int, int]
    ) -> None:
        """What has come since the counting began."""
        tally = self._task.tally
        async for stretches in topic.read(replay.standing.offsets, ends):
            tally.add(replay.take(stretches))
        await tables.write(database, self._task.schema, tally)

    async def _compare_sketches(
        self, database: asyncpg.Connection, pool: Executor, now: Positions, found: Differences
    ) -> None:
        compared = SketchComparison()
        await compared.load(database, self._task.schema)
        keys = compared.undecided()
        if keys:
            parts = {part_of(key[0]) for key in keys}
            ends = {part: end for part, end in now.offsets.items() if part in parts}
            calls = [
                partial(counting.attend, self._task, keys, share, now.marks)
                for share in counting.shares(ends, PROCESSES)
            ]
            for exact in await counting.in_processes(pool, calls):
                compared.decide(exact)
        found.sketches = compared.differing()
        if found.sketches:
            found.rows["contributor_sketch"] = len(found.sketches)
            first = list(found.sketches)[: store.SHOWN]
            found.samples += [f"contributor_sketch {' '.join(map(str, key))}" for key in first]

    async def _positions(self, database: asyncpg.Connection) -> Positions:
        return await store.positions(database, self._task.topic, self._task.source)

    def _require_same(self, now: Positions, counted: Standing) -> None:
        """What took effect by the history must be what took effect here: else something would be lost or doubled."""
        for part, offset in now.offsets.items():
            if now.marks.get(part, 0) != counted.marks.get(part, 0):
                raise Incomplete(
                    f"the first {offset:,} messages of {self._task.topic}/{part} come to event "
                    f"{counted.marks.get(part, 0):,}, and metrics stands at event {now.marks.get(part, 0):,}"
                )
        waiting = {(part, sequence) for part, events in counted.parked.items() for sequence in events}
        if waiting != now.parked:
            raise Incomplete(f"{len(waiting ^ now.parked)} events wait for a predecessor on one side alone")

    async def _correct(self, database: asyncpg.Connection, found: Differences) -> None:
        """One transaction, repeated where workers were in the way."""
        for attempt in range(1, TRIES + 1):
            try:
                async with database.transaction():
                    await store.correct(database, found)
                    if self._measures is not None:
                        await store.complete(database, self._measures)
                    failpoints.hit("rebuild.before_commit")
                break
            except TRANSIENT:
                if attempt == TRIES or database.is_closed():
                    raise
                await asyncio.sleep(0.1)
        failpoints.hit("rebuild.corrected")
        if found.sketches:
            task = self._task
            await SketchRebuilder(self._engine, task.bootstrap, task.topic, task.source).renew()


async def _require_room(database: asyncpg.Connection) -> None:
    """Shadow tables take no more than the live ones, and differences no more again. Only a server on this machine shows
    how much room there is; another one's disk shows itself by an error, which is no less harmless.
    """
    needed = SPARE + 2 * await store.size(database)
    try:
        folder = Path(await database.fetchval("SHOW data_directory"))
        free = shutil.disk_usage(folder).free
    except (asyncpg.InsufficientPrivilegeError, OSError):
        return
    if free < needed:
        raise NotPossible(f"PostgreSQL's disk has {free:,} bytes free, and {needed:,} may be needed")
