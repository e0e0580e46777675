"""`/v1/follows`, and the two pages that e-mails lead to."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from services.feedback import givers
from services.feedback.bodies import json_body, takes
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done, once
from services.feedback.me.handlers import pseudonyms
from services.feedback.notices import store
from services.feedback.notices.domain import (
    MOST_UNCONFIRMED,
    Follow,
    NoMail,
    NoSuchFollow,
    NoSuchSubject,
    Subject,
    TooManyUnconfirmed,
)
from services.feedback.notices.pages import page
from services.feedback.notices.schemas import FollowInput, FollowReceipt, FollowView, view
from services.feedback.parts import parts
from shared.database import connection
from shared.ids import uuid7

router = APIRouter(tags=["follows"])


@router.post(
    "/v1/follows",
    summary="Follow a request, a proposal, a service or a district by e-mail",
    status_code=201,
    response_class=Response,
    responses={201: {"model": FollowReceipt}},
    openapi_extra=takes(FollowInput),
)
async def post_follow(request: Request) -> Response:
    """The address gets a mail that asks whether this was wanted; nothing else is sent before that is confirmed."""
    here = parts(request)
    wanted = await json_body(request, FollowInput)
    if not here.sends_mail:
        raise NoMail("No mail server is set (CIVICLOOP_FEEDBACK_SMTP_URL); there are Atom feeds at /v1/feeds")
    giver = await givers.giver(request)
    subject = Subject(wanted.subject_kind, str(wanted.subject_id))

    async def act(database: asyncpg.Connection) -> Done:
        home = await store.home(database, subject)
        if home is None:
            raise NoSuchSubject(f"{subject.kind} {subject.id}")
        now = datetime.now(UTC)
        follow = Follow(
            id=uuid7(),
            subject=subject,
            jurisdiction_id=home,
            contributor=here.receipts.pseudonym(giver.contributor, home),
            email=wanted.email.lower(),
            language=wanted.language,
            every=wanted.period,
            created_at=now,
        )
        if not await store.ask(database, follow):
            raise TooManyUnconfirmed(f"{MOST_UNCONFIRMED} mails to this address wait to be confirmed")
        return Done(Answer(201, view(follow).model_dump_json().encode(), giver.contributor))

    claim = givers.claim(request, giver.scope, wanted)
    return givers.response(await once(here.engine, claim, act), here.receipts)


@router.get("/v1/follows", summary="What I follow")
async def get_follows(request: Request) -> list[FollowView]:
    """Needs a receipt token."""
    here = parts(request)
    contributor = givers.holder(request)
    async with connection(here.engine) as database:
        names = await pseudonyms(database, here.receipts, [contributor])
        return [view(each) for each in await store.of_contributors(database, names)]


@router.delete("/v1/follows/{follow_id}", summary="Follow it no longer", status_code=204)
async def delete_follow(request: Request, follow_id: UUID) -> None:
    """Needs the receipt token that it was made with. The address is forgotten."""
    here = parts(request)
    contributor = givers.holder(request)
    async with connection(here.engine) as database:
        follow = await store.find(database, follow_id)
        whose = follow and here.receipts.pseudonym(contributor, follow.jurisdiction_id)
        if follow is None or follow.contributor != whose:
            raise NoSuchFollow(f"{follow_id}")
        await store.end(database, follow_id)


@router.get("/follows/{token}/confirm", summary="Page: confirm a subscription", response_class=HTMLResponse)
async def get_confirm(request: Request, token: str) -> HTMLResponse:
    """A page with a button: programs that look at links in mails must not confirm what nobody wanted."""
    return page("confirm", await _follow(request, token), "ask")


@router.post("/follows/{token}/confirm", summary="Confirm a subscription", response_class=HTMLResponse)
async def post_confirm(request: Request, token: str) -> HTMLResponse:
    follow = await _follow(request, token)
    async with connection(parts(request).engine) as database:
        await store.confirm(database, follow.id, datetime.now(UTC))
    return page("confirm", follow, "done")


@router.get("/follows/{token}/unsubscribe", summary="Page: end a subscription", response_class=HTMLResponse)
async def get_unsubscribe(request: Request, token: str) -> HTMLResponse:
    return page("unsubscribe", await _follow(request, token), "ask")


@router.post("/follows/{token}/unsubscribe", summary="End a subscription in one click", response_class=HTMLResponse)
async def post_unsubscribe(request: Request, token: str) -> HTMLResponse:
    """What mail programs send for their button (RFC 8058), and the page's own. Works twice."""
    here = parts(request)
    follow_id = here.receipts.follow(token)
    async with connection(here.engine) as database:
        follow = await store.find(database, follow_id)
        await store.end(database, follow_id)
    return page("unsubscribe", follow, "done")


async def _follow(request: Request, token: str) -> Follow:
    here = parts(request)
    follow_id = here.receipts.follow(token)
    async with connection(here.engine) as database:
        follow = await store.find(database, follow_id)
    if follow is None:
        raise NoSuchFollow("It has ended")
    return follow
