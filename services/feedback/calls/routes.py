"""`/v1/calls`."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Request, Response

from services.feedback import givers
from services.feedback.bodies import NoBody, json_body, takes
from services.feedback.calls import domain, handlers, store
from services.feedback.calls.domain import Call, NoSuchCall
from services.feedback.calls.schemas import CallInput, CallView, Progress
from services.feedback.contributions.schemas import FormName
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done, once
from services.feedback.money import DIGITS
from services.feedback.parts import parts
from services.feedback.staff import Staff
from shared.database import connection
from shared.ids import uuid7
from shared.paging import Cursor, Limit, Page, decode_id, encode_cursor
from shared.text import EntityId

router = APIRouter(tags=["calls"])


@router.post(
    "/v1/calls",
    summary="Call for contributions",
    status_code=201,
    response_class=Response,
    responses={201: {"model": CallView}},
    openapi_extra=takes(CallInput),
)
async def post_call(request: Request, staff: Staff) -> Response:
    """For staff. It is open until `closes_at`, or until staff closes it."""
    here = parts(request)
    given = await json_body(request, CallInput)
    service = await here.directory.taking_input(given.service_id, given.district_id)
    now = datetime.now(UTC)
    domain.check_closing(given.closes_at, now)
    told = dict(given) | {"closes_at": given.closes_at and given.closes_at.astimezone(UTC)}
    call = Call(id=uuid7(), jurisdiction_id=service.jurisdiction_id, opened_at=now, **told)
    claim = givers.claim(request, givers.scope_of(staff), given)

    async def act(database: asyncpg.Connection) -> Done:
        return await handlers.open_call(database, call, Answer(201, _body(call, store.Progress())))

    return givers.response(await once(here.engine, claim, act), here.receipts)


@router.get("/v1/calls", summary="Calls for contributions, the newest first")
async def get_calls(
    request: Request,
    service_id: EntityId | None = None,
    jurisdiction_id: EntityId | None = None,
    district_id: EntityId | None = None,
    form: Annotated[FormName | None, Query()] = None,
    state: Annotated[Literal["open", "closed", "all"], Query()] = "open",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[CallView]:
    """The open ones, unless `state` says otherwise."""
    wanted = store.Filter(service_id, jurisdiction_id, district_id, form)
    is_open = None if state == "all" else state == "open"
    before, now = decode_id(cursor), datetime.now(UTC)
    async with connection(parts(request).engine) as database:
        found = await store.newest(database, wanted, now, is_open=is_open, before=before, limit=limit)
        progress = await store.progress(database, [call.id for call in found])
    following = encode_cursor(found[-1].id) if len(found) == limit else None
    return Page(items=[_view(call, progress.get(call.id, store.Progress())) for call in found], next=following)


@router.get("/v1/calls/{call_id}", summary="A call, and how far it has come")
async def get_call(request: Request, call_id: UUID) -> CallView:
    async with connection(parts(request).engine) as database:
        call = await store.find(database, call_id)
        if call is None:
            raise NoSuchCall(f"{call_id}")
        progress = await store.progress(database, [call_id])
    return _view(call, progress.get(call_id, store.Progress()))


@router.post(
    "/v1/calls/{call_id}/closing",
    summary="Close a call",
    response_class=Response,
    responses={200: {"model": CallView}},
)
async def post_closing(request: Request, call_id: UUID, staff: Staff) -> Response:
    """For staff. What was pledged stays; nothing more can be pledged to it."""
    here = parts(request)
    claim = givers.claim(request, givers.scope_of(staff), NoBody())

    async def act(database: asyncpg.Connection) -> Done:
        return await handlers.close(database, call_id, datetime.now(UTC), _closed)

    return givers.response(await once(here.engine, claim, act), here.receipts)


def _closed(call: Call, progress: store.Progress) -> Answer:
    return Answer(200, _body(call, progress))


def _body(call: Call, progress: store.Progress) -> bytes:
    return _view(call, progress).model_dump_json().encode()


def _view(call: Call, progress: store.Progress) -> CallView:
    amounts = progress._asdict() if call.form is not None else dict.fromkeys(progress._fields)
    return CallView(
        **{name: getattr(call, name) for name in store.FIELDS},
        state="open" if call.is_open(datetime.now(UTC)) else "closed",
        currency_digits=None if call.currency is None else DIGITS[call.currency],
        progress=Progress.model_validate(amounts | {"contributions": progress.contributions}),
    )
