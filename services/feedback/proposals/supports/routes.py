"""`/v1/proposals/{id}/support`: the caller's own."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Request, Response

from services.feedback import givers
from services.feedback.bodies import json_body, takes
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done, once
from services.feedback.me.handlers import same_person
from services.feedback.parts import parts
from services.feedback.proposals import store as proposals
from services.feedback.proposals.domain import NoSuchProposal, State, not_before
from services.feedback.proposals.handlers import locked
from services.feedback.proposals.supports import handlers, store
from services.feedback.proposals.supports.domain import Support
from services.feedback.proposals.supports.schemas import SupportInput, SupportView
from shared.database import connection

router = APIRouter(tags=["proposals"])


@router.put(
    "/v1/proposals/{proposal_id}/support",
    summary="Support a proposal",
    response_class=Response,
    responses={200: {"model": SupportView}},
    openapi_extra=takes(SupportInput),
)
async def put_support(request: Request, proposal_id: UUID) -> Response:
    """Needs a receipt token, for everybody has one support to give. Given again, it changes nothing, nor with another
    token that is joined to the same account."""
    here = parts(request)
    given = await json_body(request, SupportInput)
    contributor = givers.voter(request, here)
    claim = givers.claim(request, str(contributor), given)

    async def act(database: asyncpg.Connection) -> Done:
        now = datetime.now(UTC)
        proposal = await locked(database, proposal_id)
        new = Support(
            given_to=proposal.id,
            proposal_id=proposal.id,
            contributor=here.receipts.pseudonym(contributor, proposal.jurisdiction_id),
            counted=True,
            given_at=not_before(proposal, givers.given_at(request)),
            **dict(given),
        )
        same = await same_person(database, here.receipts, contributor, proposal.jurisdiction_id)
        changed = await handlers.support(database, proposal, new, same, now)
        support = await store.find(database, proposal_id, same)
        return Done(_answer(SupportView.of(changed.proposal, support)), changed.events)

    return givers.response(await once(here.engine, claim, act), here.receipts)


def _answer(view: SupportView) -> Answer:
    return Answer(200, view.model_dump_json().encode())


@router.get("/v1/proposals/{proposal_id}/support", summary="Whether I support a proposal")
async def get_support(request: Request, proposal_id: UUID) -> SupportView:
    """Needs a receipt token."""
    here = parts(request)
    contributor = givers.holder(request)
    async with connection(here.engine) as database:
        proposal = await proposals.find(database, proposal_id)
        if proposal is None or proposal.state == State.DRAFT:
            raise NoSuchProposal(f"{proposal_id}")
        same = await same_person(database, here.receipts, contributor, proposal.jurisdiction_id)
        return SupportView.of(proposal, await store.find(database, proposal_id, same))


@router.delete("/v1/proposals/{proposal_id}/support", summary="Take a support back")
async def delete_support(request: Request, proposal_id: UUID) -> SupportView:
    """Needs a receipt token. Until the city decides; a proposal that was qualified stays so."""
    here = parts(request)
    contributor = givers.holder(request)

    async def act(database: asyncpg.Connection) -> Done:
        proposal = await locked(database, proposal_id)
        same = await same_person(database, here.receipts, contributor, proposal.jurisdiction_id)
        changed = await handlers.take_back(database, proposal, same, datetime.now(UTC))
        return Done(_answer(SupportView.of(changed.proposal, None)), changed.events)

    answer = await once(here.engine, None, act)
    return SupportView.model_validate_json(answer.body)
