"""`/v1/proposals`: drafts, publication, amendment, decision, withdrawal, and lists."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Request, Response

from services.feedback import givers
from services.feedback.bodies import NoBody, json_body, takes
from services.feedback.directory.domain import Service
from services.feedback.idempotency.domain import Answer, Claim
from services.feedback.idempotency.once import Done, once
from services.feedback.media import store as media
from services.feedback.media.domain import PROPOSAL
from services.feedback.media.routes import named
from services.feedback.parts import Parts, parts
from services.feedback.proposals import detail, handlers, store
from services.feedback.proposals.domain import NoSuchProposal, Proposal, State
from services.feedback.proposals.handlers import Changed, IsAuthor, Reword
from services.feedback.proposals.schemas import (
    AmendInput,
    DecisionInput,
    DraftInput,
    ProposalDetail,
    ProposalInput,
    ProposalReceipt,
    ProposalView,
    VersionView,
    WithdrawInput,
)
from services.feedback.proposals.viewers import viewer
from services.feedback.proposals.wording import changed, said, worded
from services.feedback.staff import Staff
from shared.database import connection, transaction
from shared.ids import uuid7
from shared.paging import Cursor, Page, decode_cursor, encode_cursor
from shared.problems import Problem
from shared.text import EntityId, Line

router = APIRouter(tags=["proposals"])

Limit = Annotated[int, Query(ge=1, le=100, description="Most items of a page")]
STEP: dict[str, Any] = {"response_class": Response, "responses": {200: {"model": ProposalView}}}

Step = Callable[[asyncpg.Connection, datetime], Awaitable[Changed]]


async def take_step(
    here: Parts, claim: Claim | None, step: Step, status: int = 200, contributor: UUID | None = None
) -> Response:
    """Takes a step once, and answers with the proposal as it then is, to whoever took it."""

    async def act(database: asyncpg.Connection) -> Done:
        now = datetime.now(UTC)
        done = await step(database, now)
        pictures = await media.of_one(database, PROPOSAL, done.proposal.id)
        view = ProposalView.of(done.proposal, now, pictures, original=True)
        return Done(Answer(status, view.model_dump_json().encode(), contributor), done.events)

    return givers.response(await once(here.engine, claim, act), here.receipts)


def author(here: Parts, contributor: UUID) -> IsAuthor:
    """Whether a proposal was made by a contributor."""
    return lambda proposal: proposal.contributor == here.receipts.pseudonym(contributor, proposal.jurisdiction_id)


@router.post(
    "/v1/proposals",
    summary="Propose something",
    status_code=201,
    response_class=Response,
    responses={201: {"model": ProposalReceipt}},
    openapi_extra=takes(ProposalInput),
)
async def post_proposal(request: Request) -> Response:
    """Without a receipt token it comes from a new contributor; the answer holds the token that proves who it is."""
    here = parts(request)
    given = await json_body(request, ProposalInput)
    giver = await givers.giver(request)
    told, service = await _told(here, given)
    pseudonym = here.receipts.pseudonym(giver.contributor, service.jurisdiction_id)
    pictures = [picture.id for picture in await named(request, given.media)]
    draft = Proposal(id=uuid7(), contributor=pseudonym, created_at=givers.given_at(request), **told)

    async def step(database: asyncpg.Connection, now: datetime) -> Changed:
        kept = await handlers.draft(database, draft, pictures)
        at = givers.made_at(request) or now
        return kept if given.draft else await handlers.publish(database, kept.proposal, here.proposal_rule, at)

    claim = givers.claim(request, giver.scope, given)
    return await take_step(here, claim, step, 201, giver.contributor)


async def _told(here: Parts, given: DraftInput) -> tuple[dict[str, Any], Service]:
    """What is kept of what a citizen says: its texts, and the district of its point where none is named."""
    service = await here.directory.taking_input(given.service_id, given.district_id)
    told = given.model_dump(exclude={"draft", "media", "title", "text"}) | worded(given.title, given.text)._asdict()
    if given.district_id is None and given.latitude is not None and given.longitude is not None:
        told["district_id"] = await here.areas.district_at(service.jurisdiction_id, given.longitude, given.latitude)
    return told | {"jurisdiction_id": service.jurisdiction_id, "language": given.language or service.language}, service


@router.put("/v1/proposals/{proposal_id}", summary="Reword a draft", openapi_extra=takes(DraftInput), **STEP)
async def put_proposal(request: Request, proposal_id: UUID) -> Response:
    """For its author. What is published is amended instead."""
    here = parts(request)
    given = await json_body(request, DraftInput)
    contributor = givers.holder(request)
    told, service = await _told(here, given)
    told["contributor"] = here.receipts.pseudonym(contributor, service.jurisdiction_id)

    async def step(database: asyncpg.Connection, now: datetime) -> Changed:
        return await handlers.edit(
            database, proposal_id, author(here, contributor), lambda before: replace(before, **told)
        )

    return await take_step(here, givers.claim(request, str(contributor), given), step)


@router.delete("/v1/proposals/{proposal_id}", summary="Delete a draft", status_code=204, response_class=Response)
async def delete_proposal(request: Request, proposal_id: UUID) -> Response:
    """For its author. What is published is withdrawn instead."""
    here = parts(request)
    contributor = givers.holder(request)
    async with transaction(here.engine) as database:
        await handlers.delete(database, proposal_id, author(here, contributor))
    return Response(status_code=204)


@router.post("/v1/proposals/{proposal_id}/publish", summary="Publish a draft", **STEP)
async def post_publish(request: Request, proposal_id: UUID) -> Response:
    """For its author. From then on anybody can comment on it and support it."""
    here = parts(request)
    contributor = givers.holder(request)
    async with connection(here.engine) as database:
        found = await store.find(database, proposal_id)
    if found is not None:
        await here.directory.taking_input(found.service_id, found.district_id)

    async def step(database: asyncpg.Connection, now: datetime) -> Changed:
        draft = await handlers.own(database, proposal_id, author(here, contributor))
        return await handlers.publish(database, draft, here.proposal_rule, now)

    return await take_step(here, givers.claim(request, str(contributor), NoBody()), step)


@router.post(
    "/v1/proposals/{proposal_id}/versions", summary="Amend a proposal", openapi_extra=takes(AmendInput), **STEP
)
async def post_version(request: Request, proposal_id: UUID) -> Response:
    """For its author, until the city decides. Supports stay; the versions show how many each was given."""
    here = parts(request)
    given = await json_body(request, AmendInput)
    contributor = givers.holder(request)
    why = said(given.why)
    reword = Reword(changed(given.title, given.text), why.text, why.masked)

    async def step(database: asyncpg.Connection, now: datetime) -> Changed:
        before = await handlers.own(database, proposal_id, author(here, contributor))
        return await handlers.amend(database, before, reword, now)

    return await take_step(here, givers.claim(request, str(contributor), given), step)


@router.post(
    "/v1/proposals/{proposal_id}/withdraw", summary="Withdraw a proposal", openapi_extra=takes(WithdrawInput), **STEP
)
async def post_withdraw(request: Request, proposal_id: UUID) -> Response:
    """For its author, until the city decides. What was said on it can be read still."""
    here = parts(request)
    given = await json_body(request, WithdrawInput)
    contributor = givers.holder(request)
    why = said(given.why)

    async def step(database: asyncpg.Connection, now: datetime) -> Changed:
        before = await handlers.own(database, proposal_id, author(here, contributor))
        return await handlers.withdraw(database, before, why.text, why.masked, now)

    return await take_step(here, givers.claim(request, str(contributor), given), step)


@router.post(
    "/v1/proposals/{proposal_id}/decision", summary="Decide on a proposal", openapi_extra=takes(DecisionInput), **STEP
)
async def post_decision(request: Request, proposal_id: UUID, staff: Staff) -> Response:
    """Once, with reasons that everybody can read. It may come before it is owed."""
    here = parts(request)
    given = await json_body(request, DecisionInput)

    async def step(database: asyncpg.Connection, now: datetime) -> Changed:
        return await handlers.decide(database, proposal_id, given.order(staff.name), now)

    return await take_step(here, givers.claim(request, givers.scope_of(staff), given), step)


@router.get("/v1/proposals", summary="Proposals")
async def get_proposals(
    request: Request,
    jurisdiction_id: EntityId | None = None,
    service_id: EntityId | None = None,
    district_id: EntityId | None = None,
    state: Literal["published", "qualified", "decided", "delivered", "merged", "withdrawn"] | None = None,
    q: Annotated[Line | None, Query(description="Words to look for, as in a search engine")] = None,
    language: Annotated[str | None, Query(pattern="^[a-z]{2,3}$", description="The language of these words")] = None,
    order: Annotated[
        Literal["newest", "supports", "deadline"],
        Query(description="`deadline`: those owed a decision, the most urgent first"),
    ] = "newest",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ProposalView]:
    """Those that can be discussed or were decided, if no `state` is named."""
    here = parts(request)
    who = await viewer(request, here)
    after = None if cursor is None else _position(order, cursor)
    states = (State(state),) if state else (State.QUALIFIED,) if order == "deadline" else store.LISTED
    wanted = store.Filter(jurisdiction_id, service_id, district_id)
    words = None if q is None else store.Words(q, language)
    async with connection(here.engine) as database:
        found = await store.listed(database, wanted, states, words, order, after, limit)
        pictures = await media.of(database, PROPOSAL, [each.id for each in found])
    now = datetime.now(UTC)
    items = [
        ProposalView.of(
            each, now, pictures.get(each.id, ()), original=who.sees_original(each.contributor, each.jurisdiction_id)
        )
        for each in found
    ]
    return Page(items=items, next=_cursor(order, found[-1]) if len(found) == limit else None)


def _cursor(order: str, last: Proposal) -> str:
    key = getattr(last, store.ORDERS[order].column)
    return encode_cursor(order, key.isoformat() if isinstance(key, datetime) else key, last.id)


def _position(order: str, cursor: str) -> tuple[Any, UUID]:
    """What a page begins behind. Raises a problem where the cursor is not one of this order."""
    named, key, last = decode_cursor(cursor, 3)
    try:
        if named == order and order == "supports" and type(key) is int and 0 <= key < 2**31:
            return key, UUID(last)
        if named == order and order != "supports":
            return datetime.fromisoformat(key).astimezone(UTC), UUID(last)
    except (ValueError, AttributeError, TypeError, OverflowError):
        pass
    raise Problem(400, "bad-cursor", "The cursor is not one that this list gave out")


@router.get("/v1/proposals/{proposal_id}", summary="A proposal, and what came of it")
async def get_proposal(request: Request, proposal_id: UUID) -> ProposalDetail:
    """A draft is there for its author alone."""
    here = parts(request)
    who = await viewer(request, here)
    async with connection(here.engine) as database:
        proposal = await store.find(database, proposal_id)
        yours = proposal is not None and who.is_giver(proposal.contributor, proposal.jurisdiction_id)
        if proposal is None or (proposal.state == State.DRAFT and not yours):
            raise NoSuchProposal(f"{proposal_id}")
        return await detail.of(database, proposal, datetime.now(UTC), original=yours or who.staff, yours=yours)


@router.get("/v1/proposals/{proposal_id}/versions", summary="The wordings of a proposal, the first one first")
async def get_versions(request: Request, proposal_id: UUID) -> list[VersionView]:
    """Each with who asked for it and why, and how many of the supports were given to it."""
    here = parts(request)
    who = await viewer(request, here)
    async with connection(here.engine) as database:
        proposal = await store.find(database, proposal_id)
        if proposal is None or proposal.state == State.DRAFT:
            raise NoSuchProposal(f"{proposal_id}")
        versions = await store.versions(database, proposal_id)
    original = who.sees_original(proposal.contributor, proposal.jurisdiction_id)
    hidden = proposal.hidden_at is not None
    return [VersionView.of(each, hidden=hidden, original=original) for each in versions]
