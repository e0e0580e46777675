"""`/v1/flags` and `/v1/moderation`."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Request, Response

from services.feedback import givers
from services.feedback.bodies import json_body, takes
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done, once
from services.feedback.me.handlers import is_giver
from services.feedback.moderation import handlers, store, views
from services.feedback.moderation.domain import Case, Decision, NoSuchCase, NotYourCase
from services.feedback.moderation.schemas import (
    AppealInput,
    CaseDetail,
    CaseView,
    DecisionInput,
    FlagInput,
    FlagView,
    Queue,
    StaffCaseView,
)
from services.feedback.parts import parts
from services.feedback.staff import Staff, staff_or_none
from shared.database import connection
from shared.paging import Page, decode_cursor, decode_id, encode_cursor
from shared.problems import Problem

router = APIRouter(tags=["moderation"])


@router.post(
    "/v1/flags",
    summary="Flag what somebody gave",
    status_code=201,
    response_class=Response,
    responses={201: {"model": FlagView}},
    openapi_extra=takes(FlagInput),
)
async def post_flag(request: Request) -> Response:
    """For anybody. Staff looks at it; until then it stays as it is. Shown with a receipt token, a second flag for the
    same reason changes nothing."""
    here = parts(request)
    given = await json_body(request, FlagInput)
    giver = await givers.giver(request)
    claim = givers.claim(request, giver.scope, given)

    def who(jurisdiction_id: str) -> str | None:
        return here.receipts.pseudonym(giver.contributor, jurisdiction_id) if giver.known else None

    async def act(database: asyncpg.Connection) -> Done:
        now = datetime.now(UTC)
        await handlers.flag(database, given.kind, given.id, given.reason, now, note=given.note, who=who)
        view = FlagView(kind=given.kind, id=given.id, reason=given.reason, at=now)
        return Done(Answer(201, view.model_dump_json().encode()))

    return givers.response(await once(here.engine, claim, act), here.receipts)


@router.get("/v1/moderation", summary="Flagged input, what has waited longest first")
async def get_cases(request: Request, staff: Staff, queue: Annotated[Queue, Query()]) -> Page[StaffCaseView]:
    """With `waiting=false` what was decided, the newest case first."""
    wanted = store.Filter(
        queue.jurisdiction_id, queue.waiting, queue.state, queue.kind, queue.service_id, queue.decision, queue.reason
    )
    after = _after(queue.cursor) if queue.waiting else decode_id(queue.cursor)
    async with connection(parts(request).engine) as database:
        found = await store.page(database, wanted, after, queue.limit)
        items = await views.told_to_staff(database, found)
    following = _cursor(found[-1]) if len(found) == queue.limit else None
    return Page(items=items, next=following)


def _cursor(last: Case) -> str:
    return encode_cursor(last.id) if last.waiting_since is None else encode_cursor(last.waiting_since, last.id)


def _after(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Where the page before ended."""
    if cursor is None:
        return None
    since, id_ = decode_cursor(cursor, 2)
    try:
        at = datetime.fromisoformat(since)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)), UUID(id_)
    except (ValueError, TypeError, AttributeError) as error:
        raise Problem(400, "bad-cursor", "The cursor is not one that this list gave out") from error


@router.get("/v1/moderation/{case_id}", summary="A case")
async def get_case(request: Request, case_id: UUID) -> CaseDetail | CaseView:
    """For staff with all that was said; for the giver, who shows the receipt token, with what was decided and why."""
    here = parts(request)
    giver = givers.shown(request) if await staff_or_none(request) is None else None
    async with connection(here.engine) as database:
        case = await store.find(database, case_id)
        if case is None:
            raise NoSuchCase(f"{case_id}")
        if giver is None:
            return await views.detail(database, case)
        if not await is_giver(database, here.receipts, giver, case.contributor, case.jurisdiction_id):
            raise NotYourCase(f"case {case_id} is about what somebody else gave")
    return views.told_to_giver(case)


@router.post(
    "/v1/moderation/{case_id}/decision",
    summary="Hide, keep or redact what was flagged",
    response_class=Response,
    responses={200: {"model": CaseDetail}},
    openapi_extra=takes(DecisionInput),
)
async def post_decision(request: Request, case_id: UUID, staff: Staff) -> Response:
    """May be changed by another decision at any time. Upon an appeal it settles the case."""
    here = parts(request)
    wanted = await json_body(request, DecisionInput)
    claim = givers.claim(request, givers.scope_of(staff), wanted)

    async def act(database: asyncpg.Connection) -> Done:
        decision = Decision(
            decision=wanted.decision,
            reason=wanted.reason,
            explanation=wanted.explanation,
            author=staff.name,
            at=datetime.now(UTC),
        )
        case = await handlers.rule(database, case_id, decision, wanted.texts)
        return Done(Answer(200, (await views.detail(database, case)).model_dump_json().encode()))

    return givers.response(await once(here.engine, claim, act), here.receipts)


@router.post(
    "/v1/moderation/{case_id}/appeal",
    summary="Appeal against a decision",
    response_class=Response,
    responses={200: {"model": CaseView}},
    openapi_extra=takes(AppealInput),
)
async def post_appeal(request: Request, case_id: UUID) -> Response:
    """For the giver, with the receipt token, once. Staff then decides again, and that settles it."""
    here = parts(request)
    given = await json_body(request, AppealInput)
    giver = givers.shown(request)
    claim = givers.claim(request, str(giver.contributor), given)

    async def act(database: asyncpg.Connection) -> Done:
        case = await handlers.object_to(database, here.receipts, giver, case_id, given.text, datetime.now(UTC))
        return Done(Answer(200, views.told_to_giver(case).model_dump_json().encode()))

    return givers.response(await once(here.engine, claim, act), here.receipts)
