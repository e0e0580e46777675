"""`/v1/requests`."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Query, Request, Response

from services.feedback import givers
from services.feedback.bodies import json_body, takes
from services.feedback.directory.domain import ANSWER, RESOLUTION, Service
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done, once
from services.feedback.parts import Parts, parts
from services.feedback.requests import domain, handlers, store
from services.feedback.requests.schemas import (
    AnswerView,
    Nearby,
    NearbyView,
    RequestDetail,
    RequestInput,
    RequestReceipt,
    RequestView,
    StepInput,
)
from services.feedback.writes import Write
from shared.auth import Caller, require
from shared.database import connection
from shared.ids import uuid7
from shared.paging import Cursor, Limit, Page, decode_id, encode_cursor
from shared.text import EntityId

router = APIRouter(tags=["requests"])

Staff = Annotated[Caller, Depends(require("feedback:staff"))]


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
    giver = await givers.giver(request, here.receipts)
    service = await here.directory.taking_input(given.service_id, given.district_id)
    given = given.model_copy(update={"district_id": await _district(here, given, service)})
    opened = _opened(given, service, here.receipts.pseudonym(giver.contributor, service.jurisdiction_id))
    answer = Answer(201, _body(opened), giver.contributor)
    claim = givers.claim(request, giver.scope, given)
    write = Write(opened, answer, claim, () if claim is None else ((claim.scope, claim.key),))
    return givers.response(await here.requests.submit(write), here.receipts)


async def _district(here: Parts, given: RequestInput, service: Service) -> str | None:
    """The district that the caller names, else the one in which the point lies."""
    if given.district_id is not None or given.latitude is None or given.longitude is None:
        return given.district_id
    return await here.areas.district_at(service.jurisdiction_id, given.longitude, given.latitude)


def _opened(given: RequestInput, service: Service, contributor: str) -> domain.Request:
    now = datetime.now(UTC)
    return domain.Request(
        id=uuid7(),
        jurisdiction_id=service.jurisdiction_id,
        contributor=contributor,
        opened_at=now,
        moved_at=now,
        due_at=domain.due(now, service.target(RESOLUTION, given.district_id)),
        answer_due_at=domain.due(now, service.target(ANSWER, given.district_id)),
        **dict(given),
    )


def _body(request: domain.Request) -> bytes:
    return RequestView.model_validate(request).model_dump_json().encode()


@router.get("/v1/requests", summary="Requests, the newest first")
async def get_requests(
    request: Request,
    service_id: EntityId | None = None,
    jurisdiction_id: EntityId | None = None,
    status: Annotated[Literal["open", "closed"] | None, Query()] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[RequestView]:
    before = decode_id(cursor)
    wanted = store.Filter(service_id, jurisdiction_id, status)
    async with connection(parts(request).engine) as database:
        found = await store.newest(database, wanted, before, limit)
    following = encode_cursor(found[-1].id) if len(found) == limit else None
    return Page(items=[RequestView.model_validate(item) for item in found], next=following)


@router.get("/v1/requests/nearby", summary="Open requests for a service near a place, the nearest first")
async def get_nearby(request: Request, place: Annotated[Nearby, Query()]) -> list[NearbyView]:
    """Before somebody reports what others have reported: at most 20, with their distances in metres."""
    async with connection(parts(request).engine) as database:
        found = await store.nearby(database, place.service_id, place.latitude, place.longitude, place.radius)
    return [NearbyView(**RequestView.model_validate(each).model_dump(), metres=round(metres)) for each, metres in found]


@router.get("/v1/requests/{request_id}", summary="A request and its public answers")
async def get_request(request: Request, request_id: UUID) -> RequestDetail:
    async with connection(parts(request).engine) as database:
        found = await store.find(database, request_id)
        if found is None:
            raise domain.NoSuchRequest(f"{request_id}")
        answers = [AnswerView(**row) for row in await store.answers(database, request_id)]
    return RequestDetail(**RequestView.model_validate(found).model_dump(), answers=answers)


@router.post(
    "/v1/requests/{request_id}/status",
    summary="Acknowledge, answer, close or reopen a request",
    response_class=Response,
    responses={200: {"model": RequestView}},
    openapi_extra=takes(StepInput),
)
async def post_status(request: Request, request_id: UUID, staff: Staff) -> Response:
    """An open request can be answered as often as needed, and `closed` may carry an answer too."""
    here = parts(request)
    wanted = await json_body(request, StepInput)
    order = domain.Order(**dict(wanted), author=staff.name)
    claim = givers.claim(request, givers.scope_of(staff), wanted)

    async def act(database: asyncpg.Connection) -> Done:
        return await handlers.move(database, request_id, order, datetime.now(UTC), _moved)

    return givers.response(await once(here.engine, claim, act), here.receipts)


def _moved(request: domain.Request) -> Answer:
    return Answer(200, _body(request))
