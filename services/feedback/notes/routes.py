"""`/v1/requests/{id}/notes`."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Request, Response

from services.feedback import givers
from services.feedback.bodies import json_body, takes
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done, once
from services.feedback.media.routes import named
from services.feedback.media.schemas import PictureView
from services.feedback.notes import handlers, store, views
from services.feedback.notes.domain import Note, note_time
from services.feedback.notes.schemas import NoteInput, NoteReceipt, NoteView
from services.feedback.parts import parts
from services.feedback.requests import handlers as requests
from services.feedback.requests import store as stored
from services.feedback.requests.domain import NoSuchRequest
from services.feedback.staff import staff_or_none
from shared.database import connection, transaction
from shared.ids import uuid7
from shared.outbox.append import append
from shared.paging import Cursor, Limit, Page, decode_id, encode_cursor
from shared.problems import Problem

router = APIRouter(tags=["requests"])


@router.post(
    "/v1/requests/{request_id}/notes",
    summary="Add something to a request",
    status_code=201,
    response_class=Response,
    responses={201: {"model": NoteReceipt}},
    openapi_extra=takes(NoteInput),
)
async def post_note(request: Request, request_id: UUID) -> Response:
    """Anybody can, at any time of its life. Staff can add what only staff sees; a citizen gets a receipt token."""
    here = parts(request)
    given = await json_body(request, NoteInput)
    staff = await staff_or_none(request)
    if given.private and staff is None:
        raise Problem(403, "missing-scope", "Only staff makes private notes", "It needs the scope feedback:staff")
    pictures = await named(request, given.media)
    giver = None if staff else await givers.giver(request)
    claim = givers.claim(request, givers.scope_of(staff) if staff else giver.scope if giver else "", given)

    async def act(database: asyncpg.Connection) -> Done:
        of = await requests.locked(database, request_id)
        note = Note(
            id=uuid7(),
            request_id=request_id,
            at=note_time(of, givers.made_at(request), datetime.now(UTC)),
            author=staff.name if staff else None,
            contributor=here.receipts.pseudonym(giver.contributor, of.jurisdiction_id) if giver else None,
            **dict(given) | {"media": pictures},
        )
        events = await handlers.add(database, note, of)
        by = "staff" if staff else "reporter" if note.contributor == of.contributor else "citizen"
        shown = [PictureView.model_validate(each) for each in pictures]
        view = NoteView(id=note.id, at=note.at, by=by, text=note.text, hidden=False, media_urls=[], media=shown)
        return Done(Answer(201, view.model_dump_json().encode(), giver.contributor if giver else None), events)

    return givers.response(await once(here.engine, claim, act), here.receipts)


@router.get("/v1/requests/{request_id}/notes", summary="The public notes of a request, in the order in which they came")
async def get_notes(request: Request, request_id: UUID, limit: Limit = 100, cursor: Cursor = None) -> Page[NoteView]:
    after = decode_id(cursor)
    async with connection(parts(request).engine) as database:
        if await stored.find(database, request_id) is None:
            raise NoSuchRequest(f"{request_id}")
        rows = await store.public(database, request_id, after, limit)
    following = encode_cursor(rows[-1]["id"]) if len(rows) == limit else None
    shows = parts(request).shows_addresses
    return Page(items=[views.told(row, addresses=shows) for row in rows], next=following)


@router.delete("/v1/requests/{request_id}/notes/{note_id}", summary="Take a note back", status_code=204)
async def delete_note(request: Request, request_id: UUID, note_id: UUID) -> None:
    """Needs the receipt token that was given for it. The note is gone for good."""
    here = parts(request)
    contributor = givers.holder(request)
    async with transaction(here.engine) as database:
        of = await requests.locked(database, request_id)
        name = here.receipts.pseudonym(contributor, of.jurisdiction_id)
        await append(database, await handlers.withdraw(database, request_id, note_id, name, datetime.now(UTC)))
