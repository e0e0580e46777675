"""An import from its first byte to its report: chunks of rows, each one transaction with its events.

Whatever ends an import early leaves whole chunks behind; to run the same file again takes what is missing.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.imports import store
from services.feedback.imports.changes import changes
from services.feedback.imports.fields import Refused
from services.feedback.imports.mapping import Mapping
from services.feedback.imports.records import CsvRecords, Gunzip, NdjsonRecords, Plain, Record, Records, Unreadable
from services.feedback.imports.report import Refusal, Report
from services.feedback.imports.rows import Row, RowReader, Setting
from shared import failpoints
from shared.database import TRANSIENT, transaction
from shared.outbox.append import append

CHUNK = 2_000
"""Rows of one transaction."""

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Job:
    """What an import is told: whose file it is, how it is packed, and how to read it."""

    id: UUID
    mapping: Mapping
    setting: Setting
    gzip: bool


class Rows:
    """Bytes as rows and refusals. `take` and `end` raise Unreadable, or MissingColumns before any row."""

    def __init__(self, mapping: Mapping, setting: Setting) -> None:
        self._mapping = mapping
        self._setting = setting
        self._records = _records(mapping)
        self._reader: RowReader | None = None
        self.rows: list[Row] = []
        self.refusals: list[Refusal] = []

    def take(self, piece: bytes) -> None:
        self._read(self._records.feed(piece))

    def end(self) -> None:
        self._read(self._records.finish())
        if self._reader is None:
            raise Unreadable("empty-file", "the file has no line with the names of its columns")

    def __len__(self) -> int:
        return len(self.rows) + len(self.refusals)

    def clear(self) -> tuple[list[Row], list[Refusal]]:
        """Gives out, and forgets, what was read so far."""
        rows, self.rows, refusals, self.refusals = self.rows, [], self.refusals, []
        return rows, refusals

    def _read(self, records: list[Record]) -> None:
        if self._reader is None:
            if self._records.header is None:
                return
            self._reader = RowReader(self._mapping, self._records.header, self._setting)
        for line, values in records:
            try:
                self.rows.append(self._reader(line, values))
            except Refused as refused:
                self.refusals.append(Refusal(line, refused.reason))


def _records(mapping: Mapping) -> Records:
    if mapping.format == "ndjson":
        return NdjsonRecords(mapping.columns)
    return CsvRecords(mapping.encoding, mapping.delimiter)


async def pieces(body: AsyncIterable[bytes], gzip: bool) -> AsyncIterator[bytes]:
    """The body unpacked, in pieces of bounded size; others get their turn between them. Raises Unreadable."""
    unpack = Gunzip() if gzip else Plain()
    async for data in body:
        for piece in unpack.pieces(data):
            yield piece
            await asyncio.sleep(0)
    unpack.finish()


async def read(body: AsyncIterable[bytes], job: Job) -> AsyncIterator[tuple[list[Row], list[Refusal]]]:
    """The body as chunks of rows. Raises Unreadable, after the rows that could be read."""
    rows = Rows(job.mapping, job.setting)
    try:
        async for piece in pieces(body, job.gzip):
            rows.take(piece)
            if len(rows) >= CHUNK:
                yield rows.clear()
        rows.end()
    except Unreadable:
        yield rows.clear()
        raise
    yield rows.clear()


class Import:
    """One run of a job. `report` says at any time what is committed."""

    def __init__(self, engine: AsyncEngine, job: Job) -> None:
        self._engine = engine
        self._job = job
        self.report = Report()

    async def run(self, body: AsyncIterable[bytes]) -> Report:
        """Takes all of the body. Raises Unreadable or MissingColumns, with what came before them committed.

        While one chunk is written, the next is read.
        """
        writing: asyncio.Task[None] | None = None
        try:
            async for rows, refusals in read(body, self._job):
                if writing is not None:
                    await writing
                writing = asyncio.create_task(self._write(rows, refusals))
        finally:
            if writing is not None:
                await writing
        async with transaction(self._engine) as database:
            await store.end(database, self._job.id)
        return self.report

    async def _write(self, rows: list[Row], refusals: list[Refusal]) -> None:
        """Commits a chunk; a fault that passes is waited out."""
        for attempt in range(ATTEMPTS):
            try:
                self.report = await self._commit(rows, refusals)
            except TRANSIENT:
                if attempt == ATTEMPTS - 1:
                    raise
                await asyncio.sleep(0.2 * 2**attempt)
            else:
                return

    async def _commit(self, rows: list[Row], refusals: list[Refusal]) -> Report:
        async with transaction(self._engine) as database:
            report = await self._change(database, rows, refusals)
        failpoints.hit("import.after_commit")
        return report

    async def _change(self, database: asyncpg.Connection, rows: list[Row], refusals: list[Refusal]) -> Report:
        jurisdiction_id, source = self._job.setting.jurisdiction_id, self._job.mapping.source
        stored = await store.known(database, jurisdiction_id, source, [row.external_id for row in rows])
        found = changes(rows, stored, datetime.now(UTC))
        found.tally.refusals += refusals
        await store.write(database, source, found)
        report = self.report.add(found.tally)
        await store.record(database, self._job.id, report, found.tally.refusals)
        failpoints.hit("import.before_commit")
        await append(database, found.events)
        return report


async def weeks_to_now(body: AsyncIterable[bytes], job: Job) -> int:
    """By how many whole weeks to shift a file so that the newest time in it lies within the last seven days."""
    newest = None
    async for rows, _ in read(body, job):
        times = [row.request.moved_at for row in rows]
        newest = max(times if newest is None else [newest, *times], default=newest)
    return 0 if newest is None else (job.setting.now - newest) // timedelta(weeks=1)
