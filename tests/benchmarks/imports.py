"""Import of 311 CSV (validated, stored, its events in the outbox), against PostgreSQL's COPY.

`python -m tests.benchmarks.imports [repeats] [rounds]`. Two references in the same run: COPY of the same CSV into a
plain table of text columns without an index, which is the least that storing it can cost; and COPY of what the import
stores (requests, answers, events) into the same tables with their indexes, the least that its result can cost.
"""

import asyncio
import csv
import gc
import gzip
import io
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.postgres import EmbeddedPostgres
from services.feedback.imports import store
from services.feedback.imports.mapping import Mapping, parse_mapping
from services.feedback.imports.rows import Setting, Targets
from services.feedback.imports.run import Import, Job
from shared.database import connection, engine, transaction
from shared.ids import uuid7
from shared.migrate import upgrade
from tests.benchmarks.figures import Figure, show

ROOT = Path(__file__).parents[2]
WHOLE = ROOT.parent / "shared" / "data" / "boston-311"
EXTRACT = ROOT / "deploy" / "cities" / "boston" / "requests.csv.gz"
MAPPING = ROOT / "deploy" / "mappings" / "boston-311.yaml"
STORED = ("request", "request_answer", "outbox")
PIECE = 65_536
TO_REACH = 1 / 3


class Export(NamedTuple):
    """The city's rows as one CSV, each repeat with ids of its own."""

    columns: list[str]
    data: bytes
    rows: int


def export(repeats: int) -> Export:
    """All six files of Boston where they lie beside the repository, else the extract."""
    files = sorted(WHOLE.glob("requests-*.csv.gz")) or [EXTRACT]
    texts = [gzip.decompress(file.read_bytes()).decode() for file in files]
    rows = [row for text in texts for row in csv.DictReader(io.StringIO(text, newline=""))]
    columns = [name for name in rows[0] if name != "_id"]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore")
    writer.writeheader()
    for repeat in range(repeats):
        writer.writerows(row | {"case_enquiry_id": f"{repeat}-{row['case_enquiry_id']}"} for row in rows)
    return Export(columns, out.getvalue().encode(), repeats * len(rows))


async def copy_csv(database: AsyncEngine, found: Export) -> None:
    async with connection(database) as writer:
        await writer.copy_to_table("plain", source=io.BytesIO(found.data), format="csv", header=True)


async def take(database: AsyncEngine, mapping: Mapping, found: Export) -> None:
    targets = dict.fromkeys(mapping.services.values.values(), Targets(timedelta(hours=36), timedelta(days=3)))
    setting = Setting("boston", targets, timedelta(), datetime.now(UTC), str)
    job = Job(uuid7(), mapping, setting, gzip=False)
    async with transaction(database) as writer:
        await store.begin(writer, job.id, "boston", mapping.source, mapping.name, 0)
    report = await Import(database, job).run(_body(found.data))
    if report.refused:
        raise SystemExit(f"{report.refused} rows were refused")


async def _body(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), PIECE):
        yield data[start : start + PIECE]


async def copy_stored(database: AsyncEngine, stored: dict[str, bytes]) -> None:
    async with transaction(database) as writer:
        for table, data in stored.items():
            await writer.copy_to_table(table, source=io.BytesIO(data), format="binary")


async def dump(reader: asyncpg.Connection) -> dict[str, bytes]:
    """What an import stored, in COPY's own format."""
    found = {}
    for table in STORED:
        out = io.BytesIO()
        await reader.copy_from_query(f"SELECT * FROM {table}", output=out, format="binary")
        found[table] = out.getvalue()
    return found


async def timed(work: Callable[[], Awaitable[None]]) -> float:
    started = time.perf_counter()
    await work()
    return time.perf_counter() - started


async def empty(database: AsyncEngine) -> None:
    async with connection(database) as writer:
        await writer.execute("TRUNCATE plain, request, outbox CASCADE")
        await writer.execute("CHECKPOINT")


async def _round(database: AsyncEngine, mapping: Mapping, found: Export, seconds: dict[str, list[float]]) -> None:
    await empty(database)
    seconds["copy"].append(await timed(lambda: copy_csv(database, found)))
    seconds["take"].append(await timed(lambda: take(database, mapping, found)))
    seconds["again"].append(await timed(lambda: take(database, mapping, found)))
    async with connection(database) as reader:
        stored = await dump(reader)
    await empty(database)
    seconds["stored"].append(await timed(lambda: copy_stored(database, stored)))


async def run(postgres_url: str, repeats: int = 4, rounds: int = 3) -> list[Figure]:
    """Measures on an empty database of feedback, which it migrates. The median round counts."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)  # as the service has it
    found, mapping = export(repeats), parse_mapping(MAPPING.read_text(), MAPPING.name)
    await asyncio.to_thread(upgrade, "feedback", postgres_url)
    database = engine(postgres_url)
    columns = ", ".join(f"{name} text" for name in found.columns)
    async with connection(database) as writer:
        await writer.execute(f"CREATE TABLE plain ({columns})")
    seconds: dict[str, list[float]] = {"copy": [], "take": [], "again": [], "stored": []}
    for _ in range(rounds):
        await _round(database, mapping, found, seconds)
    await database.dispose()
    rate = {name: found.rows / statistics.median(values) for name, values in seconds.items()}
    return [
        Figure("import", rate["take"], "COPY of the CSV to a plain table", rate["copy"], TO_REACH),
        Figure("import", rate["take"], "COPY of what it stores, same tables", rate["stored"], None),
        Figure("import again, unchanged", rate["again"], "COPY of the CSV to a plain table", rate["copy"], None),
    ]


def measured(repeats: int = 4, rounds: int = 3) -> list[Figure]:
    """On an embedded server of its own."""
    import uvloop

    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder))
        server.start()
        try:
            return uvloop.run(run(server.create_database("imports"), repeats, rounds))
        finally:
            server.stop()


if __name__ == "__main__":
    show(measured(*map(int, sys.argv[1:])))
