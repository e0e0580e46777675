"""`/v1/proposals/{id}/comments` and `/v1/comments/{id}`."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Request, Response

from services.feedback import givers
from services.feedback.bodies import json_body, takes
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done, once
from services.feedback.parts import parts
from services.feedback.proposals import store as proposals
from services.feedback.proposals.comments import handlers, store
from services.feedback.proposals.comments.domain import DEEPEST, Comment, NoSuchComment
from services.feedback.proposals.comments.schemas import CommentInput, CommentReceipt, CommentView
from services.feedback.proposals.domain import NoSuchProposal, Proposal, State, not_before
from services.feedback.proposals.handlers import locked
from services.feedback.proposals.viewers import viewer
from services.feedback.proposals.wording import said
from shared.database import connection
from shared.ids import uuid7
from shared.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.problems import Problem

router = APIRouter(tags=["proposals"])

MOST_NUMBER = 2**31 - 1


@router.post(
    "/v1/proposals/{proposal_id}/comments",
    summary="Comment on a proposal, or answer a comment",
    status_code=201,
    response_class=Response,
    responses={201: {"model": CommentReceipt}},
    openapi_extra=takes(CommentInput),
)
async def post_comment(request: Request, proposal_id: UUID) -> Response:
    """Without a receipt token it comes from a new contributor. Threads have up to 30 levels."""
    here = parts(request)
    given = await json_body(request, CommentInput)
    giver = await givers.giver(request)
    text = said(given.text)
    claim = givers.claim(request, giver.scope, given)

    async def act(database: asyncpg.Connection) -> Done:
        proposal = await locked(database, proposal_id)
        new = Comment(
            id=uuid7(),
            proposal_id=proposal.id,
            contributor=here.receipts.pseudonym(giver.contributor, proposal.jurisdiction_id),
            text=text.text,
            text_masked=text.masked,
            given_at=not_before(proposal, givers.given_at(request)),
            answers_id=given.answers_id,
            channel=given.channel,
            campaign=given.campaign,
        )
        comment, events = await handlers.post(database, proposal, new)
        view = CommentView.of(comment, proposal.contributor, original=True)
        return Done(Answer(201, view.model_dump_json().encode(), giver.contributor), events)

    return givers.response(await once(here.engine, claim, act), here.receipts)


@router.get("/v1/proposals/{proposal_id}/comments", summary="What is said on a proposal")
async def get_comments(
    request: Request,
    proposal_id: UUID,
    order: Annotated[
        Literal["thread", "oldest", "newest"], Query(description="`thread`: each comment is followed by its answers")
    ] = "thread",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[CommentView]:
    here = parts(request)
    who = await viewer(request, here)
    after = None if cursor is None else _position(order, decode_cursor(cursor, 1)[0])
    async with connection(here.engine) as database:
        proposal = await proposals.find(database, proposal_id)
        if proposal is None or proposal.state == State.DRAFT:
            raise NoSuchProposal(f"{proposal_id}")
        found = await store.listed(database, proposal_id, order, after, limit)
    last = found[-1] if len(found) == limit else None
    following = None if last is None else encode_cursor(list(last.path) if order == "thread" else last.id)
    items = [
        CommentView.of(
            each, proposal.contributor, original=who.sees_original(each.contributor, proposal.jurisdiction_id)
        )
        for each in found
    ]
    return Page(items=items, next=following)


def _position(order: str, value: Any) -> Any:
    """Where a page begins: behind a path, or behind an id."""
    if order == "thread":
        numbers = isinstance(value, list) and 0 < len(value) <= DEEPEST
        if numbers and all(type(each) is int and 0 < each <= MOST_NUMBER for each in value):
            return value
    else:
        try:
            return UUID(value)
        except (ValueError, AttributeError, TypeError):
            pass
    raise Problem(400, "bad-cursor", "The cursor is not one that this list gave out")


@router.get("/v1/comments/{comment_id}", summary="A comment")
async def get_comment(request: Request, comment_id: UUID) -> CommentView:
    here = parts(request)
    who = await viewer(request, here)
    async with connection(here.engine) as database:
        comment = await store.find(database, comment_id)
        proposal = None if comment is None else await proposals.find(database, comment.proposal_id)
    if comment is None or proposal is None:
        raise NoSuchComment(f"{comment_id}")
    original = who.sees_original(comment.contributor, proposal.jurisdiction_id)
    return CommentView.of(comment, proposal.contributor, original=original)


@router.delete("/v1/comments/{comment_id}", summary="Take a comment back")
async def delete_comment(request: Request, comment_id: UUID) -> CommentView:
    """Needs the receipt token that was given for it. It keeps its place in the thread, without its text."""
    here = parts(request)
    contributor = givers.holder(request)

    def is_giver(comment: Comment, proposal: Proposal) -> bool:
        return comment.contributor == here.receipts.pseudonym(contributor, proposal.jurisdiction_id)

    async def act(database: asyncpg.Connection) -> Done:
        comment, events = await handlers.take_back(database, comment_id, is_giver, datetime.now(UTC))
        return Done(Answer(200, CommentView.of(comment, None, original=True).model_dump_json().encode()), events)

    answer = await once(here.engine, None, act)
    return CommentView.model_validate_json(answer.body)
