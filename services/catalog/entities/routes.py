"""The HTTP interface that every kind of entity has."""

from typing import Annotated, Any

import asyncpg
import msgspec
from fastapi import APIRouter, Body, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.entities import store
from services.catalog.entities.changes import Editor, not_found
from services.catalog.entities.conditions import IfMatch, etag
from services.catalog.entities.differences import Difference, differences
from services.catalog.entities.domain import Entity, F
from services.catalog.entities.kinds import Kind
from services.catalog.entities.languages import in_language
from services.catalog.entities.queries import ListQuery, answer, json_response, list_query, wanted
from services.catalog.entities.schemas import EntityVersion, ListPage
from services.catalog.entities.store import Stored
from services.catalog.entities.values import LanguageTag
from shared.auth import Caller, require
from shared.database import connection
from shared.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.problems import Problem
from shared.text import EntityId, Prose

NEWEST = 2**31 - 1
MADE: dict[int | str, dict[str, Any]] = {201: {"description": "It is new"}}


def _engine(request: Request) -> AsyncEngine:
    engine: AsyncEngine = request.app.state.engine
    return engine


def _kinds(request: Request) -> dict[str, Kind[Any]]:
    kinds: dict[str, Kind[Any]] = request.app.state.kinds
    return kinds


Engine = Annotated[AsyncEngine, Depends(_engine)]
Kinds = Annotated[dict[str, Kind[Any]], Depends(_kinds)]
Writer = Annotated[Caller, Depends(require("catalog:write"))]
Condition = Annotated[IfMatch, Depends()]
Number = Annotated[int, Path(ge=1, le=NEWEST)]
IfNoneMatch = Annotated[str, Header(include_in_schema=False)]


class Restoring(BaseModel):
    """Why a former version is made the newest again."""

    reason: Prose = ""


def entity_routes(kind: Kind[F]) -> APIRouter:
    """Lists, reads, makes and changes entities of a kind."""

    async def page(engine: Engine, query: Annotated[ListQuery, Query()]) -> Response:
        async with connection(engine) as database:
            return await answer(database, query, wanted(query, kind.name, kind.fields.FACETS))

    async def create(engine: Engine, kinds: Kinds, writer: Writer, said: BaseModel) -> Response:
        async with store.unit_of_work(engine, kinds) as work:
            entity = await Editor(work, kinds, writer.name).create(kind, said)
        return _created(kind, entity)

    async def read(
        engine: Engine, id: EntityId, lang: LanguageTag | None = None, if_none_match: IfNoneMatch = ""
    ) -> Response:
        async with connection(engine) as database:
            found = await existing(database, kind, id)
        if etag(found.version) in if_none_match:
            return Response(status_code=304, headers={"ETag": etag(found.version)})
        document = in_language(msgspec.json.decode(found.body), lang) if lang else msgspec.Raw(found.body.encode())
        return json_response(document, headers={"ETag": etag(found.version)})

    async def put(
        engine: Engine, kinds: Kinds, writer: Writer, id: EntityId, said: BaseModel, if_match: Condition
    ) -> Response:
        async with store.unit_of_work(engine, kinds) as work:
            entity, new = await Editor(work, kinds, writer.name).put(kind, id, said, if_match)
        return _created(kind, entity) if new else _changed(entity)

    async def patch(
        engine: Engine, kinds: Kinds, writer: Writer, id: EntityId, fields: dict[str, Any], if_match: Condition
    ) -> Response:
        async with store.unit_of_work(engine, kinds) as work:
            return _changed(await Editor(work, kinds, writer.name).patch(kind, id, fields, if_match))

    # FastAPI reads what a body or query looks like from annotations: here it is the kind's own.
    create.__annotations__["said"] = put.__annotations__["said"] = kind.input
    patch.__annotations__["fields"] = Annotated[dict[str, Any], _patch_of(kind)]
    page.__annotations__["query"] = Annotated[list_query(kind), Query()]
    what = kind.name.replace("-", " ")
    router = APIRouter(prefix=f"/v1/{kind.plural}", tags=[kind.plural])
    one, many = kind.output, ListPage.__class_getitem__(kind.output)
    router.get("", response_model=many, summary=f"List or search {kind.plural}")(page)
    router.post("", response_model=one, summary=f"Make a new {what}", status_code=201)(create)
    router.get("/{id}", response_model=one, summary=f"One {what} as it now is")(read)
    router.put("/{id}", response_model=one, summary=f"Make or replace a {what}", responses=MADE)(put)
    router.patch("/{id}", response_model=one, summary=f"Change some fields of a {what}")(patch)
    router.include_router(_version_routes(kind, what))
    return router


def _patch_of(kind: Kind[Any]) -> Any:
    """What OpenAPI says of a patch. What it makes of the entity has to be a whole one; plain JSON is taken as well."""
    return Body(
        description="Fields to change; null takes one away (RFC 7396)",
        media_type="application/merge-patch+json",
        json_schema_extra={"propertyNames": {"enum": [*kind.input.model_fields]}},
    )


def _version_routes(kind: Kind[F], what: str) -> APIRouter:
    """Every version of an entity: seen, compared and restored."""

    async def versions(engine: Engine, id: EntityId, limit: Limit = 100, cursor: Cursor = None) -> Response:
        async with connection(engine) as database:
            await existing(database, kind, id)
            before = NEWEST if cursor is None else _version_number(cursor)
            found = await store.versions(database, kind, id, before=before, limit=limit + 1)
        more = encode_cursor(found[limit - 1].version) if len(found) > limit else None
        return json_response({"items": found[:limit], "next": more})

    async def version(engine: Engine, id: EntityId, number: Number) -> Response:
        async with connection(engine) as database:
            return json_response(msgspec.Raw((await _former(database, kind, id, number)).encode()))

    async def compare(engine: Engine, id: EntityId, number: Number, since: int | None = None) -> list[Difference]:
        async with connection(engine) as database:
            after = msgspec.json.decode(await _former(database, kind, id, number))
            earlier = number - 1 if since is None else since
            before = msgspec.json.decode(await _former(database, kind, id, earlier)) if earlier > 0 else {}
        return differences(before, after)

    async def restore(
        engine: Engine, kinds: Kinds, writer: Writer, id: EntityId, number: Number, said: Restoring, if_match: Condition
    ) -> Response:
        async with store.unit_of_work(engine, kinds) as work:
            former = kind.load(await _former(work.connection, kind, id, number))
            editor = Editor(work, kinds, writer.name)
            return _changed(await editor.restore(kind, id, former, said.reason, if_match))

    router = APIRouter(prefix="/{id}/versions")
    many = Page.__class_getitem__(EntityVersion)
    router.get("", response_model=many, summary=f"Who changed a {what}, when and why; the newest first")(versions)
    router.get("/{number}", response_model=kind.output, summary=f"A {what} as it was")(version)
    router.get("/{number}/changes", summary="What differs from the version before, or from `since`, by field")(compare)
    router.post("/{number}/restore", response_model=kind.output, summary="Make a former version the newest")(restore)
    return router


async def existing(database: asyncpg.Connection, kind: Kind[Any], entity_id: str) -> Stored:
    """An entity that is there; a problem (404) where it is not."""
    found = await store.find(database, kind, entity_id)
    if found is None:
        raise not_found(kind, entity_id)
    return found


async def _former(database: asyncpg.Connection, kind: Kind[Any], entity_id: str, number: int) -> str:
    body = await store.version(database, kind, entity_id, number)
    if body is None:
        await existing(database, kind, entity_id)
        raise Problem(404, "unknown-version", "There is no such version", f"{entity_id!r} has no version {number}")
    return body


def _changed(entity: Entity[Any]) -> Response:
    return json_response(entity.document(), headers={"ETag": etag(entity.version)})


def _created(kind: Kind[Any], entity: Entity[Any]) -> Response:
    headers = {"ETag": etag(entity.version), "Location": f"/v1/{kind.plural}/{entity.id}"}
    return json_response(entity.document(), 201, headers)


def _version_number(cursor: str) -> int:
    (value,) = decode_cursor(cursor, 1)
    if type(value) is not int or not 0 < value <= NEWEST:
        raise Problem(400, "bad-cursor", "The cursor is not one that this list gave out")
    return value
