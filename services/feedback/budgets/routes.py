"""`/v1/budgets`."""

import asyncio
from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Request, Response

from services.feedback import givers
from services.feedback.bodies import NoBody, json_body, takes
from services.feedback.budgets import exports, handlers, store, views
from services.feedback.budgets.domain import Budget, NoSuchBudget, NoSuchVote, NotDecided
from services.feedback.budgets.schemas import (
    BudgetInput,
    BudgetResults,
    BudgetView,
    State,
    VoteInput,
    VoteReceipt,
    VoteView,
)
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done, once
from services.feedback.me.handlers import givers_of, same_person
from services.feedback.parts import parts
from services.feedback.periods.listing import Wanted
from services.feedback.periods.store import database_now
from services.feedback.staff import Staff, must_be_staff, staff_or_none
from shared.database import connection, transaction
from shared.ids import uuid7
from shared.paging import Cursor, Page, decode_id, encode_cursor
from shared.text import EntityId

router = APIRouter(tags=["budgets"])


@router.post(
    "/v1/budgets",
    summary="Draft a participatory budget",
    status_code=201,
    response_class=Response,
    responses={201: {"model": BudgetView}},
    openapi_extra=takes(BudgetInput),
)
async def post_budget(request: Request, staff: Staff) -> Response:
    here = parts(request)
    given = await json_body(request, BudgetInput)
    service = await here.directory.taking_input(given.service_id, None)
    claim = givers.claim(request, givers.scope_of(staff), given)

    async def act(database: asyncpg.Connection) -> Done:
        now = await database_now(database)
        draft = Budget(
            id=uuid7(),
            jurisdiction_id=service.jurisdiction_id,
            author=staff.name,
            changed_at=now,
            **handlers.members(given),
        )
        await handlers.draft(database, draft)
        return Done(_answer(201, draft, now))

    return givers.response(await once(here.engine, claim, act), here.receipts)


@router.get("/v1/budgets", summary="Participatory budgets, the newest first")
async def get_budgets(
    request: Request,
    jurisdiction_id: EntityId | None = None,
    service_id: EntityId | None = None,
    state: Annotated[State | None, Query(description="Drafts are for staff alone")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Most items of a page")] = 20,
    cursor: Cursor = None,
) -> Page[BudgetView]:
    if state == "draft":
        await must_be_staff(request)
    wanted = Wanted(jurisdiction_id, service_id, state, decode_id(cursor), limit)
    async with connection(parts(request).engine) as database:
        found = await store.newest(database, wanted)
        now = await database_now(database)
    following = encode_cursor(found[-1].id) if len(found) == limit else None
    return Page(items=[views.told(each, now) for each in found], next=following)


@router.get("/v1/budgets/{budget_id}", summary="A participatory budget and its projects")
async def get_budget(request: Request, budget_id: UUID) -> BudgetView:
    """A draft is for staff alone."""
    found, now = await _seen(request, budget_id)
    return views.told(found, now)


@router.put(
    "/v1/budgets/{budget_id}",
    summary="Rewrite a draft",
    response_class=Response,
    responses={200: {"model": BudgetView}},
    openapi_extra=takes(BudgetInput),
)
async def put_budget(request: Request, budget_id: UUID, staff: Staff) -> Response:
    """Its projects get new ids."""
    here = parts(request)
    given = await json_body(request, BudgetInput)
    service = await here.directory.taking_input(given.service_id, None)
    changes = {**handlers.members(given), "jurisdiction_id": service.jurisdiction_id, "author": staff.name}
    async with transaction(here.engine) as database:
        changed = await handlers.rewrite(database, budget_id, changes)
    return givers.response(_answer(200, changed, changed.changed_at), here.receipts)


@router.delete("/v1/budgets/{budget_id}", summary="Throw a draft away", status_code=204)
async def delete_budget(request: Request, budget_id: UUID, staff: Staff) -> None:
    async with transaction(parts(request).engine) as database:
        await handlers.throw_away(database, budget_id)


@router.post(
    "/v1/budgets/{budget_id}/publish",
    summary="Publish a draft",
    response_class=Response,
    responses={200: {"model": BudgetView}},
)
async def publish_budget(request: Request, budget_id: UUID, staff: Staff) -> Response:
    """From then on nothing of it changes. It opens at `opens_at`, or now where that has passed; lots are drawn."""
    here = parts(request)
    async with connection(here.engine) as database:
        draft = await handlers.find(database, budget_id)
    await here.directory.taking_input(draft.service_id, None)
    claim = givers.claim(request, givers.scope_of(staff), NoBody())

    async def act(database: asyncpg.Connection) -> Done:
        published, events = await handlers.open_up(database, budget_id)
        return Done(_answer(200, published, published.changed_at), events)

    return givers.response(await once(here.engine, claim, act), here.receipts)


@router.post(
    "/v1/budgets/{budget_id}/votes",
    summary="Vote",
    status_code=201,
    response_class=Response,
    responses={201: {"model": VoteReceipt}},
    openapi_extra=takes(VoteInput),
)
async def post_vote(request: Request, budget_id: UUID) -> Response:
    """Needs a receipt token, or an account where the city wants one: one vote per contributor, the latest counts.

    Nobody else is told what it says.
    """
    here = parts(request)
    given = await json_body(request, VoteInput)
    voter = givers.voter(request, here)
    async with connection(here.engine) as database:
        asked = await handlers.find(database, budget_id)
    if asked.published_at is None:
        raise NoSuchBudget(f"{budget_id}")
    service = await here.directory.taking_input(asked.service_id, given.district_id)
    contributor = here.receipts.pseudonym(voter, service.jurisdiction_id)
    claim = givers.claim(request, str(voter), given)

    async def act(database: asyncpg.Connection) -> Done:
        same = await same_person(database, here.receipts, voter, service.jurisdiction_id)
        cast, events = await handlers.vote(database, budget_id, given, contributor, same, givers.made_at(request))
        return Done(Answer(201, views.cast(cast).model_dump_json().encode()), events)

    return givers.response(await once(here.engine, claim, act), here.receipts)


@router.get("/v1/budgets/{budget_id}/votes/mine", summary="What I voted for")
async def get_my_vote(request: Request, budget_id: UUID) -> VoteView:
    """Needs the receipt token that it was cast with, or the account that this is joined to."""
    here = parts(request)
    voter = givers.shown(request)
    async with connection(here.engine) as database:
        asked = await handlers.find(database, budget_id)
        names = [here.receipts.pseudonym(each, asked.jurisdiction_id) for each in await givers_of(database, voter)]
        found = await store.vote_of(database, budget_id, names)
    if found is None:
        raise NoSuchVote(f"no vote on {budget_id} was cast with this receipt token")
    return views.mine(found)


@router.delete("/v1/budgets/{budget_id}/votes/mine", summary="Take my vote back", status_code=204)
async def delete_my_vote(request: Request, budget_id: UUID) -> None:
    """Until the end. It counts as if it had never been cast, and is deleted."""
    here = parts(request)
    voter = givers.holder(request)

    async def act(database: asyncpg.Connection) -> Done:
        asked = await handlers.find(database, budget_id)
        same = await same_person(database, here.receipts, voter, asked.jurisdiction_id)
        return Done(Answer(204, b""), await handlers.take_back(database, budget_id, same))

    await once(here.engine, None, act)


@router.post(
    "/v1/budgets/{budget_id}/count",
    summary="Count the votes",
    response_class=Response,
    responses={200: {"model": BudgetResults}},
)
async def count_votes(request: Request, budget_id: UUID, staff: Staff) -> Response:
    """Once, after the end, by the rule that was stated when it was published."""
    here = parts(request)
    claim = givers.claim(request, givers.scope_of(staff), NoBody())

    async def act(database: asyncpg.Connection) -> Done:
        decided, events = await handlers.count(database, budget_id, here.counting)
        return Done(Answer(200, views.results(decided).model_dump_json().encode()), events)

    return givers.response(await once(here.engine, claim, act), here.receipts)


@router.get("/v1/budgets/{budget_id}/results", summary="Which projects are paid for, and why")
async def get_results(request: Request, budget_id: UUID) -> BudgetResults:
    """Once the votes are counted; before, nobody is told anything of them."""
    found, _ = await _seen(request, budget_id)
    return views.results(found)


@router.get(
    "/v1/budgets/{budget_id}/ballots.csv",
    summary="All ballots, as open data",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def get_ballots_csv(request: Request, budget_id: UUID) -> Response:
    """Once they are counted: without who, when and where, in the order of what they say."""
    found = await _decided(request, budget_id)
    async with connection(parts(request).engine) as database:
        ballots = await store.ballots(database, found.id)
    return Response(await asyncio.to_thread(exports.ballots_csv, ballots), media_type="text/csv")


@router.get(
    "/v1/budgets/{budget_id}/ballots.pb",
    summary="Budget, projects and ballots in Pabulib's format",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def get_ballots_pb(request: Request, budget_id: UUID) -> Response:
    """As `ballots.csv`, for tools that count again by this rule or others."""
    found = await _decided(request, budget_id)
    async with connection(parts(request).engine) as database:
        ballots = await store.ballots(database, found.id)
    return Response(await asyncio.to_thread(exports.pabulib, found, ballots), media_type="text/plain")


def _answer(status: int, budget: Budget, now: datetime) -> Answer:
    return Answer(status, views.told(budget, now).model_dump_json().encode())


async def _seen(request: Request, budget_id: UUID) -> tuple[Budget, datetime]:
    """The budget, if whoever asks may see it, and the time. Raises NoSuchBudget."""
    async with connection(parts(request).engine) as database:
        found = await handlers.find(database, budget_id)
        now = await database_now(database)
    if found.published_at is None and await staff_or_none(request) is None:
        raise NoSuchBudget(f"{budget_id}")
    return found, now


async def _decided(request: Request, budget_id: UUID) -> Budget:
    """As above. Raises NotDecided as well."""
    found, _ = await _seen(request, budget_id)
    if found.decided_at is None:
        raise NotDecided(f"the votes on budget {budget_id} are not counted")
    return found
