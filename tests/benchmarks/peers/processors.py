"""How each of them is set up and started, how far it has come, and what it has counted."""

import json
import os
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.local.postgres import EmbeddedPostgres
from shared.migrate import upgrade
from shared.settings import PARTITIONS
from tests.benchmarks.peers.groupings import Groupings, keyed

HERE = Path(__file__).parent
ROOT = HERE.parents[2]

Row = tuple[str, int, int]
"""A key, its count and its sum."""

Progress = Callable[[], Awaitable[int]]


@dataclass
class Run:
    """One drain by one of them: where the parts are, a name of its own, and a folder for its state."""

    bootstrap: str
    postgres: EmbeddedPostgres
    name: str
    folder: Path
    commit_seconds: float = 1.0


class Processor(ABC):
    """A stream processor that counts the topic; several runs of it share nothing."""

    name: str
    how: str

    def missing(self) -> str | None:
        """What it needs and this machine lacks."""
        return None

    def set_up(self, cache: Path) -> None:
        """Installs or builds it, once."""
        return

    def begin(self, run: Run) -> None:
        """Prepares one run."""
        return

    @abstractmethod
    def commands(self, run: Run) -> list[list[str]]:
        """The processes that share the work."""

    @abstractmethod
    def progress(self, run: Run) -> AbstractAsyncContextManager[Progress]:
        """Tells, as often as it is asked, how many events' effect is committed."""

    @abstractmethod
    async def counted(self, run: Run) -> Groupings:
        """What it has counted."""


class InDatabase(Processor):
    """One whose result is in PostgreSQL."""

    done: str
    results: tuple[str, str]

    @asynccontextmanager
    async def progress(self, run: Run) -> AsyncIterator[Progress]:
        connection = await asyncpg.connect(run.postgres.url(run.name))

        async def ask() -> int:
            try:
                return int(await connection.fetchval(self.done) or 0)
            except asyncpg.UndefinedTableError:
                return 0

        yield ask
        await connection.close()

    async def counted(self, run: Run) -> Groupings:
        connection = await asyncpg.connect(run.postgres.url(run.name))
        try:
            return Groupings(*[keyed(tuple(row) for row in await connection.fetch(query)) for query in self.results])
        finally:
            await connection.close()


KINDS = """(VALUES (11, 'rated'), (2, 'opened'), (7, 'closed')) AS kinds (measure, kind)"""


class Civicloop(InDatabase):
    name = "Civicloop"
    how = "2 processes, PostgreSQL, exactly once; with all measures, duration bins and sketches of contributors"
    done = "SELECT sum(events) FROM bucket_jurisdiction_cells"
    results = (
        f"""SELECT concat_ws('|', service_id, kind, day), sum(count), sum(total)
            FROM bucket_day JOIN {KINDS} USING (measure) GROUP BY 1""",
        f"""SELECT concat_ws('|', service_id, district_id, kind, to_char(month, 'YYYY-MM')), sum(count), sum(total)
            FROM bucket_month JOIN {KINDS} USING (measure) GROUP BY 1""",
    )

    def begin(self, run: Run) -> None:
        upgrade("metrics", run.postgres.create_database(run.name))

    def commands(self, run: Run) -> list[list[str]]:
        program = [sys.executable, "-m", "tests.benchmarks.peers.civicloop_counts"]
        return [[*program, run.bootstrap, run.postgres.url(run.name), f"{run.name}-{n}"] for n in (1, 2)]


class FromChangelog(Processor):
    """One whose result is in changelog topics, and whose progress is what its group has committed."""

    @asynccontextmanager
    async def progress(self, run: Run) -> AsyncIterator[Progress]:
        admin = AIOKafkaAdminClient(bootstrap_servers=run.bootstrap)
        await admin.start()

        async def ask() -> int:
            try:
                offsets = await admin.list_consumer_group_offsets(run.name)
            except KafkaError:  # its group is not there yet
                return 0
            return sum(max(each.offset, 0) for each in offsets.values())

        yield ask
        await admin.close()


class KafkaStreams(FromChangelog):
    name = "Kafka Streams 4.3.1"
    how = "1 process of 2 threads, exactly_once_v2, RocksDB with a cache of 128 MB, commits each second"
    classes = ""

    def missing(self) -> str | None:
        lacking = [name for name in ("java", "mvn") if shutil.which(name) is None]
        return f"no {' and no '.join(lacking)} on this machine" if lacking else None

    def set_up(self, cache: Path) -> None:
        folder = cache / "kafka-streams"
        shutil.copytree(HERE / "kafka_streams", folder, dirs_exist_ok=True)
        subprocess.run(["mvn", "-q", "-B", "package"], cwd=folder, check=True)
        self.classes = f"{folder}/target/counts-1.jar:{folder}/target/dependency/*"

    def commands(self, run: Run) -> list[list[str]]:
        java = ["java", "-Xmx1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", self.classes, "Counts"]
        return [[*java, run.bootstrap, run.name, str(run.folder / "state"), str(round(run.commit_seconds * 1_000))]]

    async def counted(self, run: Run) -> Groupings:
        found = [await newest(run.bootstrap, f"{run.name}-{store}-changelog") for store in ("days", "months")]
        return Groupings(*[keyed(map(_streams_row, held.items())) for held in found])


def _streams_row(held: tuple[bytes, bytes]) -> Row:
    key, value = held
    return key.decode(), int.from_bytes(value[:8]), int.from_bytes(value[8:])


class InEnvironment(Processor):
    """A Python library in a virtual environment of its own, from its own lock."""

    folder: str
    python = ""

    def set_up(self, cache: Path) -> None:
        made = cache / self.folder
        self.python = str(made / "bin" / "python")
        if not Path(self.python).exists():
            subprocess.run([sys.executable, "-m", "venv", str(made)], check=True)
        lock = str(HERE / self.folder / "requirements.txt")
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", lock]
        subprocess.run([self.python, *install], check=True)


class QuixStreams(InEnvironment, FromChangelog):
    name = "Quix Streams 3.28"
    how = "2 processes, exactly-once, RocksDB, commits each second"
    folder = "quix"

    def commands(self, run: Run) -> list[list[str]]:
        program = [self.python, str(HERE / "quix" / "quix_counts.py"), run.bootstrap, run.name]
        return [[*program, str(run.folder / f"state-{n}"), str(run.commit_seconds), f"{run.name}-{n}"] for n in (1, 2)]

    async def counted(self, run: Run) -> Groupings:
        held = await newest(run.bootstrap, f"changelog__{run.name}--civicloop.feedback.v1--default")
        rows = list(map(_quix_row, held.items()))
        return Groupings(*[keyed(row for row in rows if row[0].count("|") == bars) for bars in (2, 3)])


def _quix_row(held: tuple[bytes, bytes]) -> Row:
    service, _, name = held[0].partition(b"|")
    return f"{service.decode()}|{json.loads(name)}", *json.loads(held[1])


class FastStream(InEnvironment, InDatabase):
    name = "FastStream 0.7"
    how = "2 processes, batches of up to 20,000 summed in Python, PostgreSQL, at least once"
    folder = "faststream"
    done = "SELECT sum(events) FROM batches"
    results = (
        "SELECT key, count, total FROM counts WHERE grouping_name = 'days'",
        "SELECT key, count, total FROM counts WHERE grouping_name = 'months'",
    )

    def begin(self, run: Run) -> None:
        run.postgres.create_database(run.name)

    def commands(self, run: Run) -> list[list[str]]:
        program = [self.python, str(HERE / "faststream" / "faststream_counts.py"), run.bootstrap, run.name]
        return [[*program, run.postgres.url(run.name), f"{run.name}-{n}"] for n in (1, 2)]


PROCESSORS: tuple[Callable[[], Processor], ...] = (Civicloop, KafkaStreams, QuixStreams, FastStream)


async def newest(bootstrap: str, topic: str) -> dict[bytes, bytes]:
    """The newest committed value of each key of a topic, up to where it now ends: open transactions are waited for."""
    parts = [TopicPartition(topic, part) for part in range(PARTITIONS)]
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as any_state:
        ends = await any_state.end_offsets(parts)
    held: dict[bytes, bytes] = {}
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed") as consumer:
        consumer.assign(parts)
        await consumer.seek_to_beginning()
        while any([await consumer.position(part) < ends[part] for part in parts]):
            for records in (await consumer.getmany(timeout_ms=200, max_records=50_000)).values():
                held |= {record.key: record.value for record in records if record.value is not None}
    return held


def environment() -> dict[str, str]:
    """What all of them are started with."""
    return os.environ | {"PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "2"}
