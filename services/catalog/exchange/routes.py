"""`/v1/import/...` and `/v1/export/...`: whole catalogues in and out."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.entities.kinds import Kind
from services.catalog.entities.routes import Engine, Kinds, Writer
from services.catalog.entities.store import unit_of_work
from services.catalog.exchange import catalogue_yaml, geojson, store, table
from services.catalog.exchange.apply import Application, Plan
from services.catalog.exchange.bodies import file_of, gives_file, takes_file
from services.catalog.exchange.said import Reading, Unreadable
from services.catalog.kinds import BY_PLURAL
from shared.auth import Caller
from shared.database import connection
from shared.problems import Problem
from shared.text import EntityId, Prose

router = APIRouter(tags=["exchange"])

YAML = "application/yaml"


class ImportQuery:
    """Dependency: how a file is taken."""

    def __init__(
        self,
        dry_run: Annotated[bool, Query(description="Only tell what would change")] = False,
        partial: Annotated[bool, Query(description="Take what can be taken, though parts are refused")] = False,
        only_new: Annotated[bool, Query(description="Leave entities that are there as they are")] = False,
        expect: Annotated[str | None, Query(max_length=64, description="The `plan` that was looked at before")] = None,
        reason: Annotated[Prose, Query(description="Why; kept with each version")] = "",
    ) -> None:
        self.dry_run = dry_run
        self.partial = partial
        self.only_new = only_new
        self.expect = expect
        self.reason = reason


How = Annotated[ImportQuery, Depends()]
Plural = Annotated[
    str, Query(description="Which kind of entities, in the plural", json_schema_extra={"enum": [*BY_PLURAL]})
]
CATALOGUE = {
    "type": "object",
    "properties": {plural: {"type": ["array", "null"]} for plural in BY_PLURAL}
    | {"keeps": {"type": ["array", "null"], "items": {"type": "string"}}},
    "propertyNames": {"enum": [*catalogue_yaml.COMMON, *BY_PLURAL]},
}
"""Of the whole; what is wrong with one entity is told of it."""

AREAS = {"type": "object", "required": ["features"], "properties": {"features": {"type": "array"}}}


@router.post(
    "/v1/import/catalogue",
    summary="Take a whole catalogue from one YAML (or JSON) file",
    openapi_extra=takes_file(YAML, "application/json", schema=CATALOGUE),
)
async def import_catalogue(request: Request, engine: Engine, kinds: Kinds, writer: Writer, how: How) -> Plan:
    """Afterwards the catalogue says of every entity in the file what the file says, and of all others what it did.

    All of it is taken or, unless `partial`, nothing. Taken again, the same file changes nothing.
    """
    data = await file_of(request)
    reading = await reading_of(lambda: catalogue_yaml.read(data, BY_PLURAL))
    return await take(engine, kinds, writer, reading, how, merge=False)


@router.post(
    "/v1/import/csv", summary="Take entities of one kind from a CSV file", openapi_extra=takes_file("text/csv")
)
async def import_table(
    request: Request,
    engine: Engine,
    kinds: Kinds,
    writer: Writer,
    how: How,
    kind: Plural,
    jurisdiction_id: EntityId | None = None,
) -> Plan:
    """Only fields that the file has columns for are changed."""
    data, of = await file_of(request), _kind(kind)
    reading = await reading_of(lambda: table.read(data, of, jurisdiction_id))
    return await take(engine, kinds, writer, reading, how, merge=True)


@router.post(
    "/v1/import/geojson",
    summary="Take the areas of districts and cities from GeoJSON",
    openapi_extra=takes_file("application/geo+json", "application/json", schema=AREAS),
)
async def import_areas(request: Request, engine: Engine, kinds: Kinds, writer: Writer, how: How) -> Plan:
    """A FeatureCollection; the property `id` of each feature names a district that is there already.

    `kind: jurisdiction` says that it is a city. A city's area has to cover its districts, so both can come in one file.
    """
    data = await file_of(request)
    reading = await reading_of(lambda: geojson.read(data))
    return await take(engine, kinds, writer, reading, how, merge=True)


@router.get(
    "/v1/export/catalogue",
    summary="A whole catalogue as one YAML file",
    response_class=Response,
    responses=gives_file(YAML),
)
async def export_catalogue(engine: Engine, jurisdiction_id: EntityId | None = None) -> Response:
    """What `/v1/import/catalogue` takes: of one jurisdiction, or of all, with what belongs to none."""
    async with connection(engine) as database:
        documents = await store.documents(database, [*BY_PLURAL.values()], jurisdiction_id)
    text = await asyncio.to_thread(catalogue_yaml.write, documents, jurisdiction_id)
    return Response(text, media_type=YAML)


@router.get(
    "/v1/export/csv",
    summary="Entities of one kind as CSV",
    response_class=Response,
    responses=gives_file("text/csv"),
)
async def export_table(engine: Engine, kind: Plural, jurisdiction_id: EntityId | None = None) -> Response:
    """A row for each entity, a column for each field; what is made of parts is JSON."""
    of = _kind(kind)
    async with connection(engine) as database:
        documents = await store.documents(database, [of], jurisdiction_id)
    text = await asyncio.to_thread(table.write, [document for _, document in documents], of)
    return Response(text, media_type="text/csv; charset=utf-8; header=present")


async def reading_of(read: Callable[[], Reading]) -> Reading:
    """What a file says. Reads off the event loop: files can be large, and whoever else asks must not wait for them."""
    try:
        return await asyncio.to_thread(read)
    except Unreadable as error:
        raise Problem(422, "unreadable", "The file cannot be read", str(error)) from error


async def take(
    engine: AsyncEngine, kinds: dict[str, Kind[Any]], writer: Caller, reading: Reading, how: ImportQuery, *, merge: bool
) -> Plan:
    async with unit_of_work(engine, kinds) as work:
        application = Application(work, kinds, writer.name)
        plan = await application.plan(reading, reason=how.reason, merge=merge, only_new=how.only_new)
        return plan if how.dry_run else await application.carry_out(how.expect, partial=how.partial)


def _kind(plural: str) -> Kind[Any]:
    kind = BY_PLURAL.get(plural)
    if kind is None:
        raise Problem(422, "unknown-kind", "There is no such kind", f"{plural!r}; known are {', '.join(BY_PLURAL)}")
    return kind
