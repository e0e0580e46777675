"""`/v1/proposals/{id}/amendments`: what others would have the author change."""

from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Request, Response

from services.feedback import givers
from services.feedback.bodies import json_body, takes
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done, once
from services.feedback.parts import parts
from services.feedback.proposals import store as proposals
from services.feedback.proposals.amendments import handlers, store
from services.feedback.proposals.amendments.domain import Amendment
from services.feedback.proposals.amendments.handlers import Reply, Suggested
from services.feedback.proposals.amendments.schemas import (
    SuggestInput,
    SuggestionAnswer,
    SuggestionReceipt,
    SuggestionView,
)
from services.feedback.proposals.comments import store as comments
from services.feedback.proposals.comments.domain import Comment
from services.feedback.proposals.domain import NoSuchProposal, Proposal, State
from services.feedback.proposals.handlers import locked
from services.feedback.proposals.viewers import viewer
from services.feedback.proposals.wording import changed, said
from shared.database import connection
from shared.ids import uuid7
from shared.paging import Cursor, Limit, Page, decode_id, encode_cursor

router = APIRouter(tags=["proposals"])


@router.post(
    "/v1/proposals/{proposal_id}/amendments",
    summary="Suggest a change to a proposal",
    status_code=201,
    response_class=Response,
    responses={201: {"model": SuggestionReceipt}},
    openapi_extra=takes(SuggestInput),
)
async def post_amendment(request: Request, proposal_id: UUID) -> Response:
    """It is a comment too, of the same id, that says why: answer that one to discuss it."""
    here = parts(request)
    given = await json_body(request, SuggestInput)
    giver = await givers.giver(request)
    change, why = changed(given.title, given.text), said(given.why)
    claim = givers.claim(request, giver.scope, given)

    async def act(database: asyncpg.Connection) -> Done:
        proposal = await locked(database, proposal_id)
        new = Amendment(id=uuid7(), proposal_id=proposal.id, base_version=proposal.version, **change._asdict())
        comment = Comment(
            id=new.id,
            proposal_id=proposal.id,
            contributor=here.receipts.pseudonym(giver.contributor, proposal.jurisdiction_id),
            text=why.text,
            text_masked=why.masked,
            given_at=datetime.now(UTC),
            channel=given.channel,
            campaign=given.campaign,
        )
        suggested = await handlers.suggest(database, proposal, new, comment)
        return Done(Answer(201, _body(suggested), giver.contributor), suggested.events)

    return givers.response(await once(here.engine, claim, act), here.receipts)


def _body(suggested: Suggested) -> bytes:
    view = SuggestionView.of(suggested.amendment, suggested.comment, original=True)
    return view.model_dump_json().encode()


@router.get("/v1/proposals/{proposal_id}/amendments", summary="Changes that were suggested, the newest first")
async def get_amendments(
    request: Request,
    proposal_id: UUID,
    state: Literal["open", "accepted", "rejected", "withdrawn"] | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[SuggestionView]:
    here = parts(request)
    who = await viewer(request, here)
    before = decode_id(cursor)
    async with connection(here.engine) as database:
        proposal = await proposals.find(database, proposal_id)
        if proposal is None or proposal.state == State.DRAFT:
            raise NoSuchProposal(f"{proposal_id}")
        found = await store.of_proposal(database, proposal_id, state, before, limit)
        why = await comments.of_ids(database, [each.id for each in found])
    items = [
        SuggestionView.of(
            each, why[each.id], original=who.sees_original(why[each.id].contributor, proposal.jurisdiction_id)
        )
        for each in found
    ]
    return Page(items=items, next=encode_cursor(found[-1].id) if len(found) == limit else None)


@router.post(
    "/v1/proposals/{proposal_id}/amendments/{amendment_id}/answer",
    summary="Accept or reject a suggested change",
    response_class=Response,
    responses={200: {"model": SuggestionView}},
    openapi_extra=takes(SuggestionAnswer),
)
async def post_answer(request: Request, proposal_id: UUID, amendment_id: UUID) -> Response:
    """For the author of the proposal. Accepting makes a version that names the change."""
    here = parts(request)
    given = await json_body(request, SuggestionAnswer)
    contributor = givers.holder(request)
    reply = Reply(given.accepted, said(given.reply), changed(given.title, given.text))
    claim = givers.claim(request, str(contributor), given)

    def is_author(proposal: Proposal) -> bool:
        return proposal.contributor == here.receipts.pseudonym(contributor, proposal.jurisdiction_id)

    async def act(database: asyncpg.Connection) -> Done:
        answered = await handlers.answer(database, proposal_id, amendment_id, is_author, reply, datetime.now(UTC))
        view = SuggestionView.of(answered.amendment, answered.comment, original=False)
        return Done(Answer(200, view.model_dump_json().encode()))

    return givers.response(await once(here.engine, claim, act), here.receipts)
