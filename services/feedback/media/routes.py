"""`/v1/media`."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from starlette.formparsers import MultiPartException

from services.feedback import givers
from services.feedback.me.handlers import pseudonyms
from services.feedback.media import receiving, store
from services.feedback.media.domain import TYPE, HiddenMedia, NoSuchMedia, Picture
from services.feedback.media.handlers import usable
from services.feedback.media.schemas import PictureView, Uploaded
from services.feedback.media.storage import FULL, THUMBNAIL, Missing
from services.feedback.parts import Parts, parts
from services.feedback.requests.domain import NotTheirs
from services.feedback.staff import staff_or_none
from shared.database import connection, transaction
from shared.problems import Problem

router = APIRouter(tags=["media"])

BINARY = {"schema": {"type": "string", "format": "binary"}}
FILES = {"type": "array", "items": BINARY["schema"], "minItems": 1, "maxItems": 10}
FORM = {"type": "object", "properties": {"file": FILES}, "required": ["file"]}
TAKES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"image/*": BINARY, "multipart/form-data": {"schema": FORM}},
    }
}
SERVES: dict[int | str, dict[str, Any]] = {
    200: {"content": {TYPE: BINARY}, "description": "The picture"},
    304: {"description": "It is the one that the caller has"},
}
KEPT_FOR = "public, max-age=86400, immutable"
"""A picture never changes. It is not kept for longer, for it may be erased or hidden."""

NoneMatch = Annotated[str, Header(include_in_schema=False)]


@router.post(
    "/v1/media",
    summary="Upload pictures, to be attached to something",
    status_code=201,
    responses={201: {"model": Uploaded}},
    openapi_extra=TAKES,
)
async def post_media(request: Request) -> Uploaded:
    """One picture as the body, or up to ten as the files of a form, whatever the names of its fields.

    JPEG, PNG, WebP, GIF (the first frame) and HEIC. What is kept is the picture alone, as JPEG: no place, no time, no
    device. Name its id in what it belongs to; until then nobody sees it, and after a day it is gone. What is uploaded
    with a receipt token can be attached with that token only.
    """
    here = parts(request)
    staff = await staff_or_none(request)
    name = None if staff is not None else uploader(here, request)
    kept = await _kept(request, here, name, None if staff is None else staff.name)
    return Uploaded(items=[PictureView.model_validate(each) for each in kept])


async def _kept(request: Request, here: Parts, contributor: str | None, author: str | None) -> list[Picture]:
    media = here.media
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        async with receiving.body(request, media.most_bytes, media.seconds) as file:
            return await media.keep(here.engine, [file], contributor, author)
    try:
        async with receiving.form(request, media.most_bytes, media.seconds) as form:
            files = receiving.files(form)
            if not files:
                raise Problem(422, "no-file", "The form holds no file")
            return await media.keep(here.engine, files, contributor, author)
    except MultiPartException as error:
        raise Problem(400, "malformed-form", "The form cannot be read", error.message) from error


def uploader(here: Parts, request: Request) -> str | None:
    """Who uploads something, before it belongs to a jurisdiction; None where they do not say. Raises as `identity`."""
    known = givers.identity(request)
    return None if known is None else here.receipts.pseudonym(known.contributor, "")


async def named(request: Request, ids: Sequence[UUID]) -> tuple[Picture, ...]:
    """The pictures that a caller names, to have them attached to something. Raises UnusableMedia, or as `identity`."""
    here = parts(request)
    return await usable(here.engine, ids, uploader(here, request)) if ids else ()


@router.get("/v1/media/{media_id}", summary="A picture", response_class=Response, responses=SERVES)
async def get_media(request: Request, media_id: UUID, if_none_match: NoneMatch = "") -> Response:
    """Up to 2,048 pixels wide and high."""
    return await _served(request, media_id, FULL, if_none_match)


@router.get("/v1/media/{media_id}/thumbnail", summary="A small picture", response_class=Response, responses=SERVES)
async def get_thumbnail(request: Request, media_id: UUID, if_none_match: NoneMatch = "") -> Response:
    """Up to 400 pixels wide and high."""
    return await _served(request, media_id, THUMBNAIL, if_none_match)


@router.delete("/v1/media/{media_id}", summary="Take a picture away for good", status_code=204)
async def delete_media(request: Request, media_id: UUID) -> None:
    """For staff, and for whoever gave it."""
    here = parts(request)
    staff = await staff_or_none(request)
    giver = None if staff is not None else givers.holder(request)
    async with transaction(here.engine) as database:
        found = (await store.find(database, [media_id])).get(media_id)
        if found is None:
            raise NoSuchMedia(f"{media_id}")
        if giver is not None and found.contributor not in await pseudonyms(database, here.receipts, [giver]):
            raise NotTheirs(f"picture {media_id} was given with another receipt token")
        await store.throw_away(database, [media_id])


async def _served(request: Request, media_id: UUID, version: str, if_none_match: str) -> Response:
    here = parts(request)
    async with connection(here.engine) as database:
        found = (await store.find(database, [media_id])).get(media_id)
    if found is None or found.owner_id is None:
        raise NoSuchMedia(f"{media_id}")
    if found.hidden:
        raise HiddenMedia(f"{media_id}")
    headers = _headers(media_id, version)
    if headers["ETag"] in if_none_match:
        return Response(status_code=304, headers=headers)
    try:
        content = await here.media.storage.get(media_id, version)
    except Missing as error:
        raise NoSuchMedia(f"{media_id}") from error
    return Response(content, media_type=TYPE, headers=headers)


def _headers(media_id: UUID, version: str) -> dict[str, str]:
    return {
        "ETag": f'"{media_id.hex}.{version}"',
        "Cache-Control": KEPT_FOR,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": f'inline; filename="{media_id}.jpg"',
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
