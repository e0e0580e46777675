"""`/v1/me`."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from msgspec import json

from services.feedback import givers
from services.feedback.bodies import json_body, takes
from services.feedback.me import handlers, store
from services.feedback.me.givings import GIVINGS
from services.feedback.me.schemas import (
    AccountView,
    CorrectionView,
    ErasureView,
    Mine,
    RatingCorrection,
    ReceiptInput,
    RequestCorrection,
)
from services.feedback.parts import Parts, parts
from services.feedback.people import store as people
from services.feedback.people.domain import Identity, Person
from services.feedback.ratings import store as ratings
from services.feedback.ratings.schemas import RatingView
from services.feedback.requests import store as requests
from services.feedback.requests.domain import NoSuchRequest
from services.feedback.requests.schemas import RequestView
from services.feedback.staff import Staff
from shared.database import connection, transaction
from shared.problems import Problem

router = APIRouter(tags=["me"])

Most = Annotated[int, Query(ge=1, le=1_000, description="Most inputs of a kind")]


async def _mine(here: Parts, identity: Identity, database: asyncpg.Connection) -> list[str]:
    """What rows call whoever asks."""
    return await handlers.pseudonyms(database, here.receipts, await handlers.givers_of(database, identity))


@router.get("/v1/me", summary="What I gave")
async def get_me(request: Request, limit: Most = 1_000) -> Mine:
    """The newest of each kind; `/v1/me/export` tells all."""
    here = parts(request)
    identity = givers.shown(request)
    async with connection(here.engine) as database:
        account = await people.find(database, identity.contributor)
        names = await _mine(here, identity, database)
        requested = await requests.of_contributors(database, names, limit)
        rated = await ratings.current_of(database, names, limit)
        others = {
            giving.name: (await giving.export(database, names))[: -limit - 1 : -1]
            for giving in GIVINGS
            if giving.name not in Mine.model_fields
        }
    return Mine(
        account=None if account is None else AccountView.model_validate(account),
        requests=[RequestView.model_validate(item) for item in requested],
        ratings=[RatingView.model_validate(item) for item in rated],
        **others,
    )


@router.get(
    "/v1/me/export",
    summary="All that is kept of what I gave",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}}},
)
async def get_export(request: Request) -> StreamingResponse:
    """One JSON object, with a list for each kind of input, the oldest first."""
    here = parts(request)
    identity = givers.shown(request)
    async with connection(here.engine) as database:
        account = await people.find(database, identity.contributor)
        names = await _mine(here, identity, database)
    headers = {"Content-Disposition": 'attachment; filename="civicloop.json"'}
    return StreamingResponse(_export(here, account, names), media_type="application/json", headers=headers)


async def _export(here: Parts, account: Person | None, names: Sequence[str]) -> AsyncIterator[bytes]:
    """Kind by kind: while a slow reader takes one in, no connection to the database waits."""
    yield b'{"exported_at":' + json.encode(datetime.now(UTC))
    yield b',"account":' + json.encode(None if account is None else account._asdict())
    for giving in GIVINGS:
        async with connection(here.engine) as database:
            given: list[dict[str, Any]] = await giving.export(database, names)
        for number, each in enumerate(given):
            yield (b"," if number else b',"' + giving.name.encode() + b'":[') + json.encode(each)
        yield b"]" if given else b',"' + giving.name.encode() + b'":[]'
    yield b"}"


@router.delete("/v1/me", summary="Erase all that I gave", status_code=202)
async def delete_me(request: Request, response: Response) -> ErasureView:
    """From now on the token is refused, and nothing is taken with it. What was given is gone within seconds."""
    here = parts(request)
    identity = givers.shown(request)
    async with transaction(here.engine) as database:
        erasure = await handlers.ask_for_erasure(database, here.receipts, identity)
    response.headers["Location"] = f"/v1/me/erasure/{erasure.id}"
    return ErasureView.of(erasure)


@router.get("/v1/me/erasure/{erasure_id}", summary="How far an erasure has come")
async def get_erasure(request: Request, erasure_id: UUID) -> ErasureView:
    """Needs no token: only who asked for it knows its id."""
    async with connection(parts(request).engine) as database:
        erasure = await store.find(database, erasure_id)
    if erasure is None:
        raise Problem(404, "unknown-erasure", "There is no such erasure")
    return ErasureView.of(erasure)


@router.post(
    "/v1/me/receipts",
    summary="Join what I gave with a receipt token to my account",
    status_code=204,
    openapi_extra=takes(ReceiptInput),
)
async def post_receipt(request: Request) -> None:
    """From then on `/v1/me` of the account tells of it, and erasing the account erases it. The token still works."""
    here = parts(request)
    identity = givers.shown(request)
    if identity.signed_in_at is None:
        raise Problem(403, "account-needed", "This is for those who are signed in", "Send the token of your account")
    contributor = here.receipts.contributor((await json_body(request, ReceiptInput)).receipt_token)
    async with transaction(here.engine) as database:
        await handlers.join(database, here.receipts, identity, contributor)


@router.patch(
    "/v1/me/requests/{request_id}", summary="Correct a request of mine", openapi_extra=takes(RequestCorrection)
)
async def patch_request(request: Request, request_id: UUID) -> RequestView:
    """While it is open. Staff sees what it said before."""
    here = parts(request)
    identity = givers.shown(request)
    wanted = await json_body(request, RequestCorrection)
    texts = wanted.model_dump(include={"description", "address"}, exclude_unset=True)
    contact = wanted.contact.model_dump(exclude_none=True) if wanted.contact is not None else {}
    async with transaction(here.engine) as database:
        corrected = await handlers.correct_request(
            database, here.receipts, identity, request_id, texts,
            contact if "contact" in wanted.model_fields_set else None,
        )  # fmt: skip
    return RequestView.model_validate(corrected)


@router.patch("/v1/me/ratings/{rating_id}", summary="Correct a rating of mine", openapi_extra=takes(RatingCorrection))
async def patch_rating(request: Request, rating_id: UUID) -> RatingView:
    """Its comment, while it counts. For another value, rate again."""
    here = parts(request)
    identity = givers.shown(request)
    wanted = await json_body(request, RatingCorrection)
    async with transaction(here.engine) as database:
        corrected = await handlers.correct_rating(database, here.receipts, identity, rating_id, wanted.comment)
    return RatingView.model_validate(corrected)


@router.get("/v1/requests/{request_id}/corrections", summary="What a request said before it was corrected, for staff")
async def get_corrections(request: Request, request_id: UUID, staff: Staff) -> list[CorrectionView]:
    """The oldest first."""
    async with connection(parts(request).engine) as database:
        if await requests.find(database, request_id) is None:
            raise NoSuchRequest(f"{request_id}")
        return [CorrectionView(**row) for row in await requests.corrections(database, request_id)]
