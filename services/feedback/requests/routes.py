"""`/v1/requests`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Request, Response

from services.feedback import givers
from services.feedback.bodies import json_body, takes
from services.feedback.directory.domain import ANSWER, RESOLUTION, Service
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done, once
from services.feedback.media.domain import Picture
from services.feedback.media.routes import named
from services.feedback.media.schemas import MediaInput
from services.feedback.notes import handlers as notes
from services.feedback.notes import store as noted
from services.feedback.notes import views
from services.feedback.notes.domain import Note
from services.feedback.parts import Parts, parts
from services.feedback.requests import domain, duplicates, handlers, store
from services.feedback.requests.schemas import (
    DuplicateInput,
    GivenState,
    Nearby,
    NearbyView,
    ReopenInput,
    RequestInput,
    RequestReceipt,
    RequestView,
    SplitInput,
    StepInput,
)
from services.feedback.requests.views import RequestDetail, answered, public
from services.feedback.staff import Staff, staff_or_none
from services.feedback.templates import answers
from services.feedback.writes import Write
from shared.auth import Caller
from shared.database import connection
from shared.ids import uuid7
from shared.paging import Cursor, Limit, Page, decode_id, encode_cursor
from shared.text import EntityId

router = APIRouter(tags=["requests"])


@router.post(
    "/v1/requests",
    summary="Request a service",
    status_code=201,
    response_class=Response,
    responses={201: {"model": RequestReceipt}},
    openapi_extra=takes(RequestInput),
)
async def post_request(request: Request) -> Response:
    """Without a receipt token each request has a new contributor; the answer holds the token that proves who it is."""
    here = parts(request)
    given = await json_body(request, RequestInput)
    giver = await givers.giver(request)
    service = await here.directory.taking_input(given.service_id, given.district_id)
    given = given.model_copy(update={"district_id": await _district(here, given, service)})
    contributor = here.receipts.pseudonym(giver.contributor, service.jurisdiction_id)
    pictures = await named(request, given.media)
    opened = _opened(given, service, contributor, givers.given_at(request), pictures)
    answer = Answer(201, _body(opened), giver.contributor)
    claim = givers.claim(request, giver.scope, given)
    write = Write(opened, answer, claim, () if claim is None else ((claim.scope, claim.key),))
    return givers.response(await here.requests.submit(write), here.receipts)


async def _district(here: Parts, given: RequestInput, service: Service) -> str | None:
    """The district that the caller names, else the one in which the point lies."""
    if given.district_id is not None or given.latitude is None or given.longitude is None:
        return given.district_id
    return await here.areas.district_at(service.jurisdiction_id, given.longitude, given.latitude)


def _opened(
    given: RequestInput, service: Service, contributor: str, now: datetime, pictures: Sequence[Picture]
) -> domain.Request:
    return domain.Request(
        id=uuid7(),
        jurisdiction_id=service.jurisdiction_id,
        contributor=contributor,
        opened_at=now,
        moved_at=now,
        due_at=domain.due(now, service.target(RESOLUTION, given.district_id)),
        answer_due_at=domain.due(now, service.target(ANSWER, given.district_id)),
        **dict(given) | {"media": pictures},
    )


def _body(request: domain.Request) -> bytes:
    return RequestView.model_validate(request).model_dump_json().encode()


@router.get("/v1/requests", summary="Requests, the newest first")
async def get_requests(
    request: Request,
    service_id: EntityId | None = None,
    jurisdiction_id: EntityId | None = None,
    status: Annotated[Literal["open", "closed"] | None, Query()] = None,
    state: Annotated[GivenState | None, Query()] = None,
    duplicate_of: UUID | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[RequestView]:
    before = decode_id(cursor)
    wanted = store.Filter(service_id, jurisdiction_id, status, state, duplicate_of)
    async with connection(parts(request).engine) as database:
        found = await store.newest(database, wanted, before, limit)
    following = encode_cursor(found[-1].id) if len(found) == limit else None
    return Page(items=[public(item) for item in found], next=following)


@router.get("/v1/requests/nearby", summary="Open requests for a service near a place, the nearest first")
async def get_nearby(request: Request, place: Annotated[Nearby, Query()]) -> list[NearbyView]:
    """Before somebody reports what others have reported: at most 20, with their distances in metres."""
    async with connection(parts(request).engine) as database:
        found = await store.nearby(database, place.service_id, place.latitude, place.longitude, place.radius)
    return [NearbyView(**public(each).model_dump(), metres=round(metres)) for each, metres in found]


@router.get("/v1/requests/{request_id}", summary="A request with its public answers and notes")
async def get_request(request: Request, request_id: UUID) -> RequestDetail:
    """Of a duplicate, with the answers to its original. Of many notes the first 1,000; all are at `/notes`."""
    async with connection(parts(request).engine) as database:
        found = await store.find(database, request_id)
        if found is None:
            raise domain.NoSuchRequest(f"{request_id}")
        shows = parts(request).shows_addresses
        told = [answered(row, addresses=shows) for row in await store.answers(database, request_id)]
        added = [views.told(row, addresses=shows) for row in await noted.public(database, request_id)]
    return RequestDetail(**public(found).model_dump(), answers=told, notes=added)


@router.post(
    "/v1/requests/{request_id}/status",
    summary="Acknowledge, answer, move on, close or reopen a request",
    response_class=Response,
    responses={200: {"model": RequestView}},
    openapi_extra=takes(StepInput),
)
async def post_status(request: Request, request_id: UUID, staff: Staff) -> Response:
    """An open request can be answered as often as needed; `progressed` and `closed` may carry an answer too."""
    here = parts(request)
    wanted = await json_body(request, StepInput)
    order = domain.Order(**wanted.model_dump(exclude={"template", "language"}), author=staff.name)
    claim = givers.claim(request, givers.scope_of(staff), wanted)

    async def act(database: asyncpg.Connection) -> Done:
        said = order
        if wanted.template is not None:
            of = await handlers.locked(database, request_id)
            said = replace(order, answer=await answers.answer(database, of, wanted.template, wanted.language))
        return await handlers.move(database, request_id, said, datetime.now(UTC), _moved)

    return givers.response(await once(here.engine, claim, act), here.receipts)


@router.post(
    "/v1/requests/{request_id}/duplicate",
    summary="Close a request as a duplicate of another",
    response_class=Response,
    responses={200: {"model": RequestView}},
    openapi_extra=takes(DuplicateInput),
)
async def post_duplicate(request: Request, request_id: UUID) -> Response:
    """For staff, and for whoever made the request. To reopen it undoes this."""
    here = parts(request)
    wanted = await json_body(request, DuplicateInput)
    who = await _who(request)
    claim = givers.claim(request, who.scope, wanted)

    async def act(database: asyncpg.Connection) -> Done:
        now = datetime.now(UTC)
        return await duplicates.merge(database, request_id, wanted.of, who.name, who.check, now, _moved)

    return givers.response(await once(here.engine, claim, act), here.receipts)


@router.post(
    "/v1/requests/{request_id}/split",
    summary="Make a second request of what else a request asks for",
    status_code=201,
    response_class=Response,
    responses={201: {"model": RequestView}},
    openapi_extra=takes(SplitInput),
)
async def post_split(request: Request, request_id: UUID, staff: Staff) -> Response:
    """The new one is the same contributor's, opened now, and due by the targets of its own service from now on."""
    here = parts(request)
    wanted = await json_body(request, SplitInput)
    service = await here.directory.taking_input(wanted.service_id, wanted.district_id)
    claim = givers.claim(request, givers.scope_of(staff), wanted)

    async def act(database: asyncpg.Connection) -> Done:
        now = datetime.now(UTC)
        return await duplicates.split(
            database, request_id, service, wanted.description, wanted.district_id, now, _split
        )

    return givers.response(await once(here.engine, claim, act), here.receipts)


@router.post(
    "/v1/requests/{request_id}/media",
    summary="Add pictures to a request",
    response_class=Response,
    responses={200: {"model": RequestView}},
    openapi_extra=takes(MediaInput),
)
async def post_pictures(request: Request, request_id: UUID) -> Response:
    """For staff, and for whoever made the request: pictures that were uploaded to `/v1/media`."""
    here = parts(request)
    wanted = await json_body(request, MediaInput)
    who = await _who(request)
    claim = givers.claim(request, who.scope, wanted)
    pictures = await named(request, wanted.media)

    async def act(database: asyncpg.Connection) -> Done:
        of = await handlers.locked(database, request_id)
        who.check(of)
        by = None if isinstance(who, Clerk) else of.contributor
        return Done(_moved(await handlers.add_pictures(database, of, by, pictures)))

    return givers.response(await once(here.engine, claim, act), here.receipts)


@router.post(
    "/v1/requests/{request_id}/reopening",
    summary="Have a closed request reopened",
    response_class=Response,
    responses={200: {"model": RequestView}},
    openapi_extra=takes(ReopenInput),
)
async def post_reopening(request: Request, request_id: UUID) -> Response:
    """For whoever made it, with its receipt token, for some time after it was closed (a setting; 30 days)."""
    here = parts(request)
    wanted = await json_body(request, ReopenInput)
    giver = Reporter(here, givers.holder(request))
    claim = givers.claim(request, giver.scope, wanted)

    async def act(database: asyncpg.Connection) -> Done:
        now = datetime.now(UTC)
        done = await handlers.reopen(database, request_id, giver.check, here.reopen_within, now, _moved)
        if wanted.note is None:
            return done
        of = await handlers.locked(database, request_id)
        at = max(now, of.moved_at)
        note = Note(id=uuid7(), request_id=of.id, at=at, text=wanted.note, contributor=of.contributor, state=of.state)
        return Done(done.answer, [*done.events, *await notes.add(database, note, of)])

    return givers.response(await once(here.engine, claim, act), here.receipts)


class Reporter:
    """Somebody who shows that a request is theirs."""

    name = ""

    def __init__(self, here: Parts, contributor: UUID) -> None:
        self._receipts, self._contributor, self.scope = here.receipts, contributor, str(contributor)

    def check(self, request: domain.Request) -> None:
        """Raises NotTheirs."""
        if request.contributor != self._receipts.pseudonym(self._contributor, request.jurisdiction_id):
            raise domain.NotTheirs(f"request {request.id} was made with another receipt token")


class Clerk:
    """A member of staff, who may do it to any request."""

    def __init__(self, staff: Caller) -> None:
        self.name, self.scope = staff.name, givers.scope_of(staff)

    def check(self, request: domain.Request) -> None:
        """Never raises."""


async def _who(request: Request) -> Clerk | Reporter:
    """A member of staff, else the holder of a receipt token; a problem where it is neither."""
    here = parts(request)
    staff = await staff_or_none(request)
    return Clerk(staff) if staff else Reporter(here, givers.holder(request))


def _moved(request: domain.Request) -> Answer:
    return Answer(200, _body(request))


def _split(request: domain.Request) -> Answer:
    return Answer(201, _body(request))
