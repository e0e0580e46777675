"""What lists can be asked for, and how an answer is put together from stored documents, which are JSON already."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import asyncpg
import msgspec
from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

from services.catalog.entities.kinds import Kind
from services.catalog.entities.languages import in_language
from services.catalog.entities.values import LanguageTag
from services.catalog.search import store as search
from services.catalog.search.store import Found, Spelling, Wanted
from shared.contracts.base import is_entity_id
from shared.paging import decode_cursor, encode_cursor
from shared.problems import Problem
from shared.text import EntityId, Storable

Values = Annotated[list[Annotated[str, StringConstraints(max_length=2_000), Storable]], Field(max_length=50)]


class ListQuery(BaseModel):
    """What every list takes."""

    model_config = ConfigDict(extra="forbid")

    jurisdiction_id: EntityId | None = None
    q: Annotated[str, StringConstraints(max_length=500), Storable] | None = Field(
        default=None, description="Words that all have to occur; misspelt ones are taken for what is known"
    )
    lang: LanguageTag | None = Field(default=None, description="Language of the texts of the answer, if they have it")
    facets: bool = Field(default=False, description="Also count values by which the list can be narrowed")
    limit: int = Field(default=100, ge=1, le=1_000, description="Most items of a page")
    cursor: str | None = Field(default=None, max_length=1_000, description="The `next` of the page before")


def list_query(kind: Kind[Any]) -> type[ListQuery]:
    """The query of a kind's list: it can be narrowed by each of the kind's facets, several values meaning any."""
    narrowing: dict[str, Any] = {
        name: (Values, Field(default=[], description="Narrows the list; repeated: any of the values"))
        for name in kind.fields.FACETS
    }
    return create_model(f"{kind.title}Query", __base__=ListQuery, **narrowing)


def wanted(query: ListQuery, kind: str | None, facets: Sequence[str]) -> Wanted:
    """What a query narrows its list to."""
    chosen = {name: values for name in facets if (values := getattr(query, name))}
    return Wanted(kind, query.jurisdiction_id, chosen)


async def answer(
    connection: asyncpg.Connection, query: ListQuery, narrowed: Wanted, *, kinds: bool = False
) -> Response:
    """A page of a list: `{"items", "next"}`, and where asked for `"facets"`; `"spelling"` tells what a misspelt word
    was taken for."""
    spelling = await _spelling(connection, query)
    items = await _page(connection, query, narrowed, spelling)
    more = len(items) > query.limit
    items = items[: query.limit]
    document: dict[str, Any] = {
        "items": [_item(found, query.lang, kinds) for found in items],
        "next": _cursor(items[-1], spelling) if more else None,
    }
    if query.facets:
        document["facets"] = await search.facets(connection, narrowed, spelling)
    if spelling:
        document["spelling"] = {word: similar for word, similar in spelling if similar}
    return json_response(document)


def json_response(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A document as JSON; stored documents go out as they are stored."""
    return Response(msgspec.json.encode(document), status, headers, "application/json")


async def _spelling(connection: asyncpg.Connection, query: ListQuery) -> list[Spelling] | None:
    if query.q is None:
        return None
    spelling = await search.spell(connection, query.q)
    if not spelling:
        raise Problem(422, "no-words", "There is nothing to look for", "`q` has no word in it")
    return spelling


async def _page(
    connection: asyncpg.Connection, query: ListQuery, narrowed: Wanted, spelling: list[Spelling] | None
) -> list[Found]:
    """The items of the page, and one more if there are more."""
    if spelling is None:
        (after,) = _position(query.cursor, [""])
        return await search.listed(connection, narrowed, after=after, limit=query.limit + 1)
    rank, after = _position(query.cursor, [None, ""])
    position = None if rank is None else (rank, after)
    return await search.found(connection, narrowed, spelling, after=position, limit=query.limit + 1)


def _cursor(last: Found, spelling: list[Spelling] | None) -> str:
    return encode_cursor(last.id) if spelling is None else encode_cursor(last.rank, last.id)


def _position(cursor: str | None, start: list[Any]) -> list[Any]:
    """Where the page before ended; `start` for the first page."""
    if cursor is None:
        return start
    values = decode_cursor(cursor, len(start))
    *ranks, id = values
    if not isinstance(id, str) or not is_entity_id(id) or not all(type(rank) in (int, float) for rank in ranks):
        raise Problem(400, "bad-cursor", "The cursor is not one that this list gave out")
    return values


def _item(found: Found, language: str | None, kinds: bool) -> Any:
    if language is None and not kinds:
        return msgspec.Raw(found.body.encode())
    document = msgspec.json.decode(found.body)
    if language is not None:
        document = in_language(document, language)
    return {"kind": found.kind, "entity": document} if kinds else document
