"""The HTTP interface that every kind of entity has."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Body, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.entities import store
from services.catalog.entities.changes import Editor, not_found
from services.catalog.entities.conditions import IfMatch, etag
from services.catalog.entities.kinds import E, Kind
from services.catalog.entities.schemas import EntityInput, EntityVersion
from shared.auth import Caller, require
from shared.contracts.base import is_entity_id
from shared.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.problems import Problem
from shared.text import EntityId

T = TypeVar("T")

NEWEST = 2**31 - 1
MADE: dict[int | str, dict[str, Any]] = {201: {"description": "It is new"}}


def _engine(request: Request) -> AsyncEngine:
    engine: AsyncEngine = request.app.state.engine
    return engine


Engine = Annotated[AsyncEngine, Depends(_engine)]
Writer = Annotated[Caller, Depends(require("catalog:write"))]
Condition = Annotated[IfMatch, Depends()]
Patch = Annotated[dict[str, Any], Body(description="Fields to change; null takes one away (RFC 7396)")]


def entity_routes(kind: Kind[E]) -> APIRouter:
    """Lists, reads, makes and changes entities of a kind."""

    async def page(
        engine: Engine, jurisdiction_id: EntityId | None = None, limit: Limit = 100, cursor: Cursor = None
    ) -> Page[E]:
        after = _position(cursor, "", _is_id)
        items = await store.entities(engine, kind, after=after, limit=limit + 1, jurisdiction_id=jurisdiction_id)
        return _page(items, limit, lambda entity: entity.id)

    async def create(engine: Engine, writer: Writer, said: EntityInput, response: Response) -> E:
        async with store.unit_of_work(engine) as work:
            entity = await Editor(work, kind, writer.name).create(said)
        return _created(response, kind, entity)

    async def read(engine: Engine, id: EntityId, response: Response) -> E:
        return _tagged(response, await _existing(engine, kind, id))

    async def put(
        engine: Engine, writer: Writer, id: EntityId, said: EntityInput, if_match: Condition, response: Response
    ) -> E:
        async with store.unit_of_work(engine) as work:
            entity, new = await Editor(work, kind, writer.name).put(id, said, if_match)
        return _created(response, kind, entity) if new else _tagged(response, entity)

    async def patch(
        engine: Engine, writer: Writer, id: EntityId, fields: Patch, if_match: Condition, response: Response
    ) -> E:
        async with store.unit_of_work(engine) as work:
            entity = await Editor(work, kind, writer.name).patch(id, fields, if_match)
        return _tagged(response, entity)

    async def versions(engine: Engine, id: EntityId, limit: Limit = 100, cursor: Cursor = None) -> Page[EntityVersion]:
        await _existing(engine, kind, id)
        before = _position(cursor, NEWEST, _is_version)
        items = await store.versions(engine, id, before=before, limit=limit + 1)
        return _page(items, limit, lambda version: version.version)

    # FastAPI reads what a body looks like from annotations: here it is the kind's own.
    create.__annotations__["said"] = put.__annotations__["said"] = kind.input
    router = APIRouter(prefix=f"/v1/{kind.plural}", tags=[kind.plural])
    one, many = kind.entity, Page.__class_getitem__(kind.entity)
    router.get("", response_model=many, summary=f"List {kind.plural}")(page)
    router.post("", response_model=one, summary=f"Make a new {kind.name}", status_code=201)(create)
    router.get("/{id}", response_model=one, summary=f"One {kind.name} as it now is")(read)
    router.put("/{id}", response_model=one, summary=f"Make or replace a {kind.name}", responses=MADE)(put)
    router.patch("/{id}", response_model=one, summary=f"Change some fields of a {kind.name}")(patch)
    router.get("/{id}/versions", summary=f"Who changed a {kind.name}, when and why; the newest first")(versions)
    return router


async def _existing(engine: AsyncEngine, kind: Kind[E], entity_id: str) -> E:
    entity = await store.find(engine, kind, entity_id)
    if entity is None:
        raise not_found(kind, entity_id)
    return entity


def _tagged(response: Response, entity: E) -> E:
    response.headers["ETag"] = etag(entity)
    return entity


def _created(response: Response, kind: Kind[E], entity: E) -> E:
    response.status_code = 201
    response.headers["Location"] = f"/v1/{kind.plural}/{entity.id}"
    return _tagged(response, entity)


def _position(cursor: str | None, start: T, can_be: Callable[[Any], bool]) -> T:
    """Where the page before ended; `start` for the first page."""
    if cursor is None:
        return start
    (value,) = decode_cursor(cursor, 1)
    if not can_be(value):
        raise Problem(400, "bad-cursor", "The cursor is not one that this list gave out")
    position: T = value
    return position


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and is_entity_id(value) is not None


def _is_version(value: Any) -> bool:
    return type(value) is int and 0 < value <= NEWEST


def _page(found: Sequence[T], limit: int, key: Callable[[T], Any]) -> Page[T]:
    """A page of at most `limit` items; one more was asked for, to know whether there is a next."""
    items = found[:limit]
    return Page(items=items, next=encode_cursor(key(items[-1])) if len(found) > limit else None)
