"""`/v1/mappings` and `/v1/imports`."""

import tempfile
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import IO, Annotated, Any, NoReturn
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import ClientDisconnect

from services.feedback.imports import store
from services.feedback.imports.fields import MissingColumns
from services.feedback.imports.mapping import Mapping, MappingError, parse_mapping
from services.feedback.imports.records import Unreadable
from services.feedback.imports.rows import Setting
from services.feedback.imports.run import Import, Job, weeks_to_now
from services.feedback.imports.schemas import WEEKS_TO_NOW, ImportReport, MappingItem, MappingStored, Shift
from services.feedback.parts import parts
from services.feedback.receipts import Receipts
from shared.auth import require
from shared.database import TRANSIENT, connection, transaction
from shared.ids import uuid7
from shared.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.problems import Problem
from shared.text import EntityId

router = APIRouter(tags=["imports"], dependencies=[Depends(require("feedback:import"))])

PIECE = 65_536


def _engine(request: Request) -> AsyncEngine:
    return parts(request).engine


Engine = Annotated[AsyncEngine, Depends(_engine)]


@router.put("/v1/mappings/{name}", summary="Store a mapping")
async def put_mapping(name: str, request: Request, response: Response, engine: Engine) -> MappingStored:
    """The body is the mapping file (YAML). A mapping of the same name is replaced; imports under way keep theirs."""
    text = await _text(request)
    mapping = _parsed(text, name)
    if mapping.name != name:
        raise Problem(422, "invalid-mapping", "The mapping cannot be used", f"name: must be {name}, as in the address")
    async with transaction(engine) as database:
        response.status_code = 201 if await store.save_mapping(database, name, text) else 200
    return MappingStored(name=name, source=mapping.source, columns=mapping.columns)


async def _text(request: Request) -> str:
    try:
        text = (await request.body()).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(422, "invalid-mapping", "The mapping cannot be used", f"not UTF-8: {error}") from error
    if "\0" in text:
        raise Problem(422, "invalid-mapping", "The mapping cannot be used", "holds a NUL character")
    return text


def _parsed(text: str, name: str) -> Mapping:
    try:
        return parse_mapping(text, name)
    except MappingError as error:
        raise Problem(422, "invalid-mapping", "The mapping cannot be used", str(error), faults=error.faults) from error


@router.get("/v1/mappings", summary="Mappings that imports can name")
async def list_mappings(engine: Engine) -> Page[MappingItem]:
    async with connection(engine) as database:
        names = await store.mapping_names(database)
    return Page(items=[MappingItem(**row) for row in names], next=None)


@router.get("/v1/mappings/{name}", summary="A mapping file", response_class=Response)
async def get_mapping(name: str, engine: Engine) -> Response:
    async with connection(engine) as database:
        text = await store.mapping_text(database, name)
    if text is None:
        raise _unknown_mapping(name)
    return Response(text, media_type="application/yaml")


@router.post("/v1/imports", summary="Import requests from another system's export")
async def post_import(
    request: Request,
    engine: Engine,
    mapping: Annotated[str, Query(description="Name of a stored mapping")],
    jurisdiction_id: Annotated[
        EntityId | None, Query(description="Whose requests; the mapping's own if absent")
    ] = None,
    shift: Annotated[Shift, Query(description="Weeks added to every time, or weeks-to-now")] = "0",
) -> ImportReport:
    """The body is the file, of any size, as it is or with `Content-Encoding: gzip`.

    Each row is taken, unchanged, updated or refused with a reason. Rows are stored in chunks as they come, and the same
    file can be imported again at any time: nothing is doubled. `weeks-to-now` shifts by as many weeks as put the file's
    newest time into the last seven days, and for a source that was so shifted before, by as many as then.
    """
    job = await _job(request, engine, mapping, jurisdiction_id)
    body = _body(request)
    if shift != WEEKS_TO_NOW:
        return await _run(engine, _shifted(job, int(shift)), body)
    with tempfile.TemporaryFile() as file:
        weeks = await _weeks(engine, job, body, file)
        return await _run(engine, _shifted(job, weeks), _reread(file))


async def _body(request: Request) -> AsyncIterator[bytes]:
    try:
        async for data in request.stream():
            yield data
    except ClientDisconnect as error:
        raise Unreadable("broke-off", "the connection ended before the file did") from error


async def _job(request: Request, engine: AsyncEngine, name: str, jurisdiction_id: str | None) -> Job:
    gzip = _is_gzip(request)
    async with connection(engine) as database:
        text = None if "\0" in name else await store.mapping_text(database, name)
        if text is None:
            raise _unknown_mapping(name)
        mapping = _parsed(text, name)
        jurisdiction_id = jurisdiction_id or mapping.jurisdiction_id
        if jurisdiction_id is None or not await store.has_jurisdiction(database, jurisdiction_id):
            raise Problem(422, "unknown-jurisdiction", "The jurisdiction is not known here", f"{jurisdiction_id}")
        targets = await store.targets(database, jurisdiction_id)
        districts = await store.districts(database, jurisdiction_id)
    _require_known("service", mapping.services.values.values(), targets)
    _require_known("district", mapping.districts.values.values() if mapping.districts else (), districts)
    pseudonym = _pseudonyms(parts(request).receipts, mapping.source, jurisdiction_id)
    setting = Setting(jurisdiction_id, targets, timedelta(), datetime.now(UTC), pseudonym)
    return Job(uuid7(), mapping, setting, gzip)


def _is_gzip(request: Request) -> bool:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise Problem(415, "unknown-encoding", "The body is packed in a way that is not known here", "gzip is")
    return encoding != "identity"


def _require_known(kind: str, wanted: Any, known: Any) -> None:
    """What a mapping names must have arrived from the catalogue: a request of an unknown service would be lost."""
    missing = sorted({id_ for id_ in wanted if id_ is not None and id_ not in known})
    if missing:
        detail = f"Missing: {', '.join(missing[:20])}. New ones arrive a moment after the catalogue has them."
        raise Problem(422, f"unknown-{kind}", f"The mapping names a {kind} that is not known here", detail, ids=missing)


def _pseudonyms(receipts: Receipts, source: str, jurisdiction_id: str) -> Any:
    """The same contributor of a source has the same pseudonym in every import of it."""
    return lambda name: receipts.pseudonym(uuid5(NAMESPACE_URL, f"{source}\n{name}"), jurisdiction_id)


def _unknown_mapping(name: str) -> Problem:
    return Problem(404, "unknown-mapping", "There is no such mapping", f"PUT /v1/mappings/{name[:80]} stores one")


def _shifted(job: Job, weeks: int) -> Job:
    return replace(job, setting=job.setting._replace(shift=timedelta(weeks=weeks)))


async def _weeks(engine: AsyncEngine, job: Job, body: AsyncIterable[bytes], file: IO[bytes]) -> int:
    """Keeps the body in `file`, for it has to be read twice."""
    async with connection(engine) as database:
        earlier = await store.shift_of_earlier(database, job.setting.jurisdiction_id, job.mapping.source)
    try:
        async for data in body:
            file.write(data)
        return await weeks_to_now(_reread(file), job) if earlier is None else earlier
    except Unreadable as error:
        raise Problem(422, error.slug, "The file cannot be read", error.detail) from error
    except MissingColumns as error:
        raise _missing_columns(error) from error


async def _reread(file: IO[bytes]) -> AsyncIterator[bytes]:
    file.seek(0)
    while data := file.read(PIECE):
        yield data


async def _run(engine: AsyncEngine, job: Job, body: AsyncIterable[bytes]) -> ImportReport:
    weeks = job.setting.shift // timedelta(weeks=1)
    async with transaction(engine) as database:
        await store.begin(database, job.id, job.setting.jurisdiction_id, job.mapping.source, job.mapping.name, weeks)
    running = Import(engine, job)
    try:
        await running.run(body)
    except Unreadable as error:
        _stop(422, error.slug, "The file cannot be read to its end", error.detail, running, job)
    except TRANSIENT as error:
        _stop(503, "database-unavailable", "The database does not answer", str(error), running, job)
    except MissingColumns as error:
        raise _missing_columns(error) from error
    return await _report(engine, job.id)


def _stop(status: int, slug: str, title: str, detail: str, running: Import, job: Job) -> NoReturn:
    """Ends an import early, with the report of what was stored before."""
    report = {"import_id": str(job.id), **running.report.document()}
    raise Problem(
        status, slug, title, f"{detail}. What came before is stored; the file can be imported again.", report=report
    )


def _missing_columns(error: MissingColumns) -> Problem:
    parts = [
        f"{words}: {', '.join(names)}"
        for words, names in (("not in the file", error.missing), ("more than once in it", error.doubled))
        if names
    ]
    return Problem(
        422,
        "missing-columns",
        "The file does not have the columns that the mapping reads",
        f"Columns {'; '.join(parts)}. No row was read.",
        columns=error.missing + error.doubled,
    )


@router.get("/v1/imports", summary="Imports, the newest first")
async def list_imports(engine: Engine, limit: Limit = 100, cursor: Cursor = None) -> Page[ImportReport]:
    before = None if cursor is None else _uuid(decode_cursor(cursor, 1)[0])
    async with connection(engine) as database:
        rows = await store.newest(database, before, limit)
    following = encode_cursor(rows[-1]["id"]) if len(rows) == limit else None
    return Page(items=[_as_report(row) for row in rows], next=following)


def _uuid(value: Any) -> UUID:
    try:
        return UUID(value)
    except (ValueError, AttributeError, TypeError) as error:
        raise Problem(400, "bad-cursor", "The cursor is not one that this list gave out") from error


@router.get("/v1/imports/{import_id}", summary="The report of an import, also while it runs")
async def get_import(import_id: UUID, engine: Engine) -> ImportReport:
    return await _report(engine, import_id)


async def _report(engine: AsyncEngine, import_id: UUID) -> ImportReport:
    async with connection(engine) as database:
        row = await store.find(database, import_id)
    if row is None:
        raise Problem(404, "unknown-import", "There is no such import")
    return _as_report(row)


def _as_report(row: Any) -> ImportReport:
    members = {
        name: row[name] for name in ("jurisdiction_id", "source", "mapping", "shift_weeks", "started_at", "ended_at")
    }
    return ImportReport(import_id=row["id"], **members, **row["report"])


@router.get("/v1/imports/{import_id}/refusals", summary="All rows that an import refused", response_class=Response)
async def get_refusals(import_id: UUID, engine: Engine) -> StreamingResponse:
    """NDJSON, `{"line", "reason"}` by line. Lines are counted in the unpacked file, the first one being 1."""
    await _report(engine, import_id)

    async def lines() -> AsyncIterator[bytes]:
        async with connection(engine) as database:
            async for rows in store.refusals(database, import_id):
                yield b"".join(msgspec.json.encode({"line": line, "reason": reason}) + b"\n" for line, reason in rows)

    return StreamingResponse(lines(), media_type="application/x-ndjson")
