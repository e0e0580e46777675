"""`/v1/invitations` and `/v1/me/invitations`."""

from datetime import UTC, datetime

import asyncpg
from fastapi import APIRouter, Request, Response

from services.feedback import givers
from services.feedback.bodies import json_body, takes
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done, once
from services.feedback.invitations import handlers, store
from services.feedback.invitations.domain import Invitation, NoSuchInvitation
from services.feedback.invitations.schemas import InvitationView, MyInvitation
from services.feedback.me.handlers import pseudonyms
from services.feedback.parts import parts
from services.feedback.ratings.domain import Rating
from services.feedback.ratings.schemas import Judgement, RatingView
from shared.database import connection
from shared.ids import uuid7
from shared.paging import Cursor, Limit, Page, decode_id, encode_cursor

router = APIRouter(tags=["invitations"])


@router.get("/v1/me/invitations", summary="What I am invited to rate")
async def get_my_invitations(request: Request, limit: Limit = 100, cursor: Cursor = None) -> Page[MyInvitation]:
    """Needs a receipt token. Open invitations to rate what came of one's requests, the newest first."""
    here = parts(request)
    contributor = givers.holder(request)
    async with connection(here.engine) as database:
        names = await pseudonyms(database, here.receipts, [contributor])
        found = await store.open_of(database, names, decode_id(cursor), limit)
    following = encode_cursor(found[-1].id) if len(found) == limit else None
    told = [
        MyInvitation(**InvitationView.model_validate(each).model_dump(), token=here.receipts.invitation_token(each.id))
        for each in found
    ]
    return Page(items=told, next=following)


@router.get("/v1/invitations/{token}", summary="What an invitation is for")
async def get_invitation(request: Request, token: str) -> InvitationView:
    here = parts(request)
    invitation_id = here.receipts.invitation(token)
    async with connection(here.engine) as database:
        invitation = await store.find(database, invitation_id)
    if invitation is None:
        raise NoSuchInvitation("it went when the request was erased")
    return InvitationView.model_validate(invitation)


@router.post(
    "/v1/invitations/{token}",
    summary="Rate what came of a request",
    status_code=201,
    response_class=Response,
    responses={201: {"model": RatingView}},
    openapi_extra=takes(Judgement),
)
async def post_invitation(request: Request, token: str) -> Response:
    """Counts as a rating by whoever made the request, and replaces an earlier one of theirs. Works once."""
    here = parts(request)
    invitation_id = here.receipts.invitation(token)
    given = await json_body(request, Judgement)
    async with connection(here.engine) as database:
        invitation = await store.find(database, invitation_id)
    if invitation is not None:
        await here.directory.taking_input(invitation.service_id, None)
    claim = givers.claim(request, f"invitation:{invitation_id}", given)

    async def act(database: asyncpg.Connection) -> Done:
        return await handlers.rate(database, invitation_id, lambda found: _rating(found, given), _answer)

    return givers.response(await once(here.engine, claim, act), here.receipts)


def _rating(invitation: Invitation, given: Judgement) -> Rating:
    return Rating(
        id=uuid7(),
        jurisdiction_id=invitation.jurisdiction_id,
        service_id=invitation.service_id,
        district_id=invitation.district_id,
        contributor=invitation.contributor,
        value=given.value,
        given_at=datetime.now(UTC),
        comment=given.comment,
        channel=given.channel,
        campaign=given.campaign,
        request_id=invitation.request_id,
        aspects=given.judged_aspects(),
    )


def _answer(rating: Rating) -> Answer:
    return Answer(201, RatingView.model_validate(rating).model_dump_json().encode())
