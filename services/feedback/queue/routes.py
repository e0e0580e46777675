"""`/v1/queue`: what staff has to do."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Request, Response

from services.feedback import givers
from services.feedback.bodies import json_body, takes
from services.feedback.fetching import store as fetching
from services.feedback.fetching.schemas import AddressView
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done, once
from services.feedback.notes import store as notes
from services.feedback.notes import views
from services.feedback.parts import parts
from services.feedback.queue import store
from services.feedback.queue.domain import PRIORITIES, RANKS, UnknownOrganisation
from services.feedback.queue.schemas import (
    Assigned,
    Counts,
    Queue,
    QueuePage,
    WorkDetail,
    WorkInput,
    WorkView,
)
from services.feedback.requests import handlers as requests
from services.feedback.requests import store as requested
from services.feedback.requests.domain import NoSuchRequest
from services.feedback.requests.views import answered
from services.feedback.staff import Staff
from shared.database import connection
from shared.paging import Page, decode_cursor, encode_cursor
from shared.problems import Problem

router = APIRouter(tags=["work"])


@router.get("/v1/queue", summary="Open requests, those that come first first")
async def get_work(request: Request, staff: Staff, queue: Annotated[QueuePage, Query()]) -> Page[WorkView]:
    """By priority, and within one by the time when they are due; those that never are come last."""
    after = None if queue.cursor is None else _after(queue.cursor)
    async with connection(parts(request).engine) as database:
        rows = await store.page(database, queue, _rank(queue), after, queue.limit)
    last = rows[-1] if len(rows) == queue.limit else None
    following = encode_cursor(last["priority"], last["due"], last["id"]) if last else None
    return Page(items=[_told(row) for row in rows], next=following)


@router.get("/v1/queue/counts", summary="How much is to be done, by service, district, state, priority and assignee")
async def get_counts(request: Request, staff: Staff, queue: Annotated[Queue, Query()]) -> Counts:
    async with connection(parts(request).engine) as database:
        found = await store.counts(database, queue, _rank(queue))
    for each in found["by_priority"]:
        each["value"] = PRIORITIES[each["value"]]
    return Counts(**found)


@router.get("/v1/queue/{request_id:uuid}", summary="A request with all that staff knows of it")
async def get_one(request: Request, request_id: UUID, staff: Staff) -> WorkDetail:
    async with connection(parts(request).engine) as database:
        return await _detail(database, request_id)


@router.patch(
    "/v1/queue/{request_id:uuid}",
    summary="Assign a request, or say how soon it comes",
    response_class=Response,
    responses={200: {"model": WorkView}},
    openapi_extra=takes(WorkInput),
)
async def patch_one(request: Request, request_id: UUID, staff: Staff) -> Response:
    """No event tells of it, and due times stay: a priority only orders what is to be done."""
    here = parts(request)
    given = await json_body(request, WorkInput)
    claim = givers.claim(request, givers.scope_of(staff), given)

    async def act(database: asyncpg.Connection) -> Done:
        await requests.locked(database, request_id)
        before = await _found(database, request_id)
        after = dict(before) | given.model_dump(exclude_unset=True)
        if "priority" in given.model_fields_set:
            after["priority"] = RANKS[given.priority]
        unit = after["organisation_id"]
        if unit is not None and not await store.has_organisation(database, before["jurisdiction_id"], unit):
            raise UnknownOrganisation(f"{unit} in {before['jurisdiction_id']}")
        names = ("assignee", "organisation_id", "priority")
        if any(before[name] != after[name] for name in names):
            changed = (after[name] for name in names)
            await store.assign(database, request_id, staff.name, datetime.now(UTC), *changed)
        told = _told(await _found(database, request_id))
        return Done(Answer(200, told.model_dump_json().encode()))

    return givers.response(await once(here.engine, claim, act), here.receipts)


async def _detail(database: asyncpg.Connection, request_id: UUID) -> WorkDetail:
    view = _told(await _found(database, request_id))
    history = [Assigned(**_named(row)) for row in await store.history(database, request_id)]
    return WorkDetail(
        **view.model_dump(),
        **await store.particulars(database, request_id),
        answers=[answered(row, addresses=True) for row in await requested.answers(database, request_id, whole=True)],
        notes=[views.told_to_staff(row) for row in await notes.all_of(database, request_id)],
        addresses=[AddressView(**row) for row in await fetching.of_request(database, request_id)],
        duplicates=await store.duplicates(database, request_id),
        history=history,
    )


async def _found(database: asyncpg.Connection, request_id: UUID) -> asyncpg.Record:
    row = await store.find(database, request_id)
    if row is None:
        raise NoSuchRequest(f"{request_id}")
    return row


def _told(row: asyncpg.Record) -> WorkView:
    return WorkView(**_named(row))


def _named(row: asyncpg.Record) -> dict[str, Any]:
    return dict(row) | {"priority": PRIORITIES[row["priority"]]}


def _rank(queue: Queue) -> int | None:
    return None if queue.priority is None else RANKS[queue.priority]


def _after(cursor: str) -> tuple[int, str, UUID]:
    """Where the page before ended."""
    priority, due, id = decode_cursor(cursor, 3)
    try:
        if due != "infinity":
            datetime.fromisoformat(due)
        return RANKS[PRIORITIES[priority]], str(due), UUID(id)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Problem(400, "bad-cursor", "The cursor is not one that this list gave out") from error
