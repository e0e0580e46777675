"""The tables of imports, and what they write to those of requests."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from operator import attrgetter
from uuid import UUID

import asyncpg
import msgspec

from services.feedback.directory.domain import ANSWER, RESOLUTION, Service
from services.feedback.directory.store import services_of
from services.feedback.imports.changes import Changes
from services.feedback.imports.ids import new_ids
from services.feedback.imports.report import Refusal, Report
from services.feedback.imports.rows import Targets
from services.feedback.requests.domain import Request
from services.feedback.requests.store import ALL, FIELDS, moving_values
from services.feedback.screening import masked

values_of = attrgetter(*FIELDS, "status", "state")

# Imports of one source take turns, chunk by chunk, so that none of them can open a request twice.
TAKE_TURN = "SELECT pg_advisory_xact_lock(hashtextextended($1, 7201))"
# A plan that was made while the table was all but empty reads all of it, and is kept while the table grows under it:
# also the plan that checks an answer's foreign key.
FORGET_PLANS = "DISCARD PLANS"
KNOWN = f"""
SELECT external_id, {", ".join(ALL)} FROM request
WHERE jurisdiction_id = $1 AND source = $2 AND external_id = ANY ($3::text[])
ORDER BY id FOR NO KEY UPDATE
"""
UPDATE = """
UPDATE request r SET acknowledged_at = n.acknowledged_at, first_answered_at = n.first_answered_at,
       closed_at = n.closed_at, resolution = n.resolution, status = n.status, state = n.state,
       progressed_at = n.progressed_at, duplicate_of = n.duplicate_of, updated_at = now()
FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::text[], $7::text[],
            $8::timestamptz[], $9::uuid[])
     AS n (id, acknowledged_at, first_answered_at, closed_at, resolution, status, state, progressed_at, duplicate_of)
WHERE r.id = n.id
"""


async def known(
    connection: asyncpg.Connection, jurisdiction_id: str, source: str, ids: Sequence[str]
) -> dict[str, Request]:
    """The requests among `ids` that are stored, by external id; locked until the transaction ends."""
    await connection.execute(FORGET_PLANS)
    await connection.execute(TAKE_TURN, f"{jurisdiction_id} {source}")
    rows = await connection.fetch(KNOWN, jurisdiction_id, source, ids)
    return {row["external_id"]: _request(row) for row in rows}


def _request(row: asyncpg.Record) -> Request:
    fields = {name: row[name] for name in ALL}
    times = (row[name] for name in ("opened_at", "acknowledged_at", "first_answered_at", "progressed_at", "closed_at"))
    return Request(**fields, moved_at=max(at for at in times if at is not None))


async def write(connection: asyncpg.Connection, source: str, found: Changes) -> None:
    """Writes all of a chunk's changes but its events."""
    if found.new:
        records = [
            (*values_of(request), masked(request.description), source, external_id)
            for external_id, request in found.new.items()
        ]
        columns = (*FIELDS, "status", "state", "description_masked", "source", "external_id")
        await connection.copy_records_to_table("request", records=records, columns=columns)
    if found.updated:
        await connection.execute(UPDATE, *map(list, zip(*map(moving_values, found.updated.values()), strict=True)))
    if found.answers:
        answers = [(id_, *answer, masked(answer.text)) for id_, answer in zip(new_ids(), found.answers, strict=False)]
        await connection.copy_records_to_table(
            "request_answer", records=answers, columns=("id", "request_id", "at", "text", "text_masked")
        )
    if found.reopenings:
        await connection.copy_records_to_table(
            "request_reopening",
            records=[(id_, step.closed_at, step.resolution, step.at, step.state) for id_, step in found.reopenings],
            columns=("request_id", "closed_at", "resolution", "reopened_at", "state"),
        )


async def save_mapping(connection: asyncpg.Connection, name: str, text: str) -> bool:
    """Stores a mapping's text; True where there was none of this name."""
    created: bool = await connection.fetchval(
        "INSERT INTO mapping (name, text) VALUES ($1, $2) "
        "ON CONFLICT (name) DO UPDATE SET text = excluded.text, updated_at = now() RETURNING xmax = 0",
        name,
        text,
    )
    return created


async def mapping_text(connection: asyncpg.Connection, name: str) -> str | None:
    text: str | None = await connection.fetchval("SELECT text FROM mapping WHERE name = $1", name)
    return text


async def mapping_names(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    return await connection.fetch("SELECT name, updated_at FROM mapping ORDER BY name")


async def has_jurisdiction(connection: asyncpg.Connection, jurisdiction_id: str) -> bool:
    return await connection.fetchval("SELECT true FROM jurisdiction WHERE id = $1", jurisdiction_id) is True


async def targets(connection: asyncpg.Connection, jurisdiction_id: str) -> dict[str, Targets]:
    """The target times of each service of a jurisdiction."""
    return {service.id: _targets(service) for service in await services_of(connection, jurisdiction_id)}


def _targets(service: Service) -> Targets:
    districts = {
        district: Targets(_seconds(service.target(RESOLUTION, district)), _seconds(service.target(ANSWER, district)))
        for district in service.districts_with_targets
    }
    return Targets(_seconds(service.resolution_target), _seconds(service.first_answer_target), districts)


def _seconds(target: int | None) -> timedelta | None:
    return None if target is None else timedelta(seconds=target)


async def districts(connection: asyncpg.Connection, jurisdiction_id: str) -> set[str]:
    rows = await connection.fetch("SELECT id FROM district WHERE jurisdiction_id = $1", jurisdiction_id)
    return {row["id"] for row in rows}


async def begin(
    connection: asyncpg.Connection, import_id: UUID, jurisdiction_id: str, source: str, mapping: str, shift_weeks: int
) -> None:
    """Records that an import has begun."""
    await connection.execute(
        "INSERT INTO import (id, jurisdiction_id, source, mapping, shift_weeks, report) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        import_id,
        jurisdiction_id,
        source,
        mapping,
        shift_weeks,
        _json(Report()),
    )


async def record(connection: asyncpg.Connection, import_id: UUID, report: Report, refusals: Sequence[Refusal]) -> None:
    """Records where an import stands, and the rows that its last chunk refused."""
    if refusals:
        await connection.copy_records_to_table(
            "import_refusal",
            records=[(import_id, *refusal) for refusal in refusals],
            columns=("import_id", "line", "reason"),
        )
    await connection.execute("UPDATE import SET report = $2 WHERE id = $1", import_id, _json(report))


async def end(connection: asyncpg.Connection, import_id: UUID) -> None:
    """Records that an import came to its end: without this it was interrupted."""
    await connection.execute("UPDATE import SET ended_at = now() WHERE id = $1", import_id)


def _json(report: Report) -> str:
    return msgspec.json.encode(report.document()).decode()


async def shift_of_earlier(connection: asyncpg.Connection, jurisdiction_id: str, source: str) -> int | None:
    """By how many weeks an earlier import of this source was shifted; None if none was."""
    weeks: int | None = await connection.fetchval(
        "SELECT shift_weeks FROM import WHERE jurisdiction_id = $1 AND source = $2 AND shift_weeks <> 0 "
        "ORDER BY id LIMIT 1",
        jurisdiction_id,
        source,
    )
    return weeks


IMPORT = """
SELECT id, jurisdiction_id, source, mapping, shift_weeks, started_at, ended_at, report FROM import
"""


async def find(connection: asyncpg.Connection, import_id: UUID) -> asyncpg.Record | None:
    row: asyncpg.Record | None = await connection.fetchrow(f"{IMPORT} WHERE id = $1", import_id)
    return row


async def newest(connection: asyncpg.Connection, before: UUID | None, limit: int) -> list[asyncpg.Record]:
    """Imports, the newest first, from before the one named."""
    return await connection.fetch(
        f"{IMPORT} WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2", before, limit
    )


async def refusals(connection: asyncpg.Connection, import_id: UUID) -> AsyncIterator[list[asyncpg.Record]]:
    """All rows that an import refused, by line, some thousands at a time."""
    line = 0
    while True:
        rows = await connection.fetch(
            "SELECT line, reason FROM import_refusal WHERE import_id = $1 AND line > $2 ORDER BY line LIMIT 5000",
            import_id,
            line,
        )
        if not rows:
            return
        yield rows
        line = rows[-1]["line"]
