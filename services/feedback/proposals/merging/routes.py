"""`/v1/proposals/{id}/merge` and offers to merge."""

from datetime import datetime
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Request, Response

from services.feedback import givers
from services.feedback.bodies import json_body, takes
from services.feedback.parts import parts
from services.feedback.proposals.handlers import Changed
from services.feedback.proposals.merging import handlers
from services.feedback.proposals.merging.schemas import MergeInput, OfferAnswer
from services.feedback.proposals.routes import STEP, author, take_step
from services.feedback.staff import SCOPE
from shared.auth import Caller, OptionalCaller
from shared.problems import Problem

router = APIRouter(tags=["proposals"])


@router.post(
    "/v1/proposals/{proposal_id}/merge",
    summary="Merge a proposal into another",
    openapi_extra=takes(MergeInput),
    **STEP,
)
async def post_merge(request: Request, proposal_id: UUID, caller: OptionalCaller) -> Response:
    """By staff, or by its author, who offers it to the author of the other one unless both are theirs.

    Its supports count for the other one from then on, once for each person.
    """
    here = parts(request)
    given = await json_body(request, MergeInput)
    if caller is not None:
        return await _by_staff(request, proposal_id, caller, given)
    contributor = givers.holder(request)

    async def step(database: asyncpg.Connection, now: datetime) -> Changed:
        return await handlers.by_author(
            database, here.receipts, proposal_id, given.into_id, author(here, contributor), now
        )

    return await take_step(here, givers.claim(request, str(contributor), given), step)


async def _by_staff(request: Request, proposal_id: UUID, caller: Caller, given: MergeInput) -> Response:
    if not caller.may(SCOPE):
        raise Problem(403, "missing-scope", "The API key does not allow this", f"It needs the scope {SCOPE}")

    here = parts(request)

    async def step(database: asyncpg.Connection, now: datetime) -> Changed:
        return await handlers.by_staff(database, here.receipts, proposal_id, given.into_id, now)

    return await take_step(here, givers.claim(request, givers.scope_of(caller), given), step)


@router.post(
    "/v1/proposals/{proposal_id}/merge-offers/{offered_id}",
    summary="Answer an offer to merge a proposal into this one",
    openapi_extra=takes(OfferAnswer),
    **STEP,
)
async def post_offer_answer(request: Request, proposal_id: UUID, offered_id: UUID) -> Response:
    """For the author of this one. The answer is the proposal that was offered."""
    here = parts(request)
    given = await json_body(request, OfferAnswer)
    contributor = givers.holder(request)

    async def step(database: asyncpg.Connection, now: datetime) -> Changed:
        is_author = author(here, contributor)
        return await handlers.answer(database, here.receipts, offered_id, proposal_id, is_author, given.accepted, now)

    return await take_step(here, givers.claim(request, str(contributor), given), step)
