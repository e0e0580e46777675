"""`/v1/proposals/{id}/milestones` and `/delivered`: for staff; everybody sees the progress."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Request, Response

from services.feedback import givers
from services.feedback.bodies import json_body, takes
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done, once
from services.feedback.parts import parts
from services.feedback.proposals.delivery import handlers
from services.feedback.proposals.delivery.domain import Milestone
from services.feedback.proposals.delivery.schemas import DeliveredInput, MilestoneInput, ReachedInput
from services.feedback.proposals.detail import milestone_view
from services.feedback.proposals.handlers import Changed
from services.feedback.proposals.routes import STEP, take_step
from services.feedback.proposals.schemas import MilestoneView
from services.feedback.staff import Staff
from shared.database import transaction
from shared.ids import uuid7

router = APIRouter(tags=["proposals"])


@router.post(
    "/v1/proposals/{proposal_id}/milestones",
    summary="Plan a milestone",
    status_code=201,
    response_class=Response,
    responses={201: {"model": MilestoneView}},
    openapi_extra=takes(MilestoneInput),
)
async def post_milestone(request: Request, proposal_id: UUID, staff: Staff) -> Response:
    """Of a proposal that was accepted, all or in part."""
    here = parts(request)
    given = await json_body(request, MilestoneInput)
    milestone = Milestone(id=uuid7(), proposal_id=proposal_id, title=given.title, planned_at=given.planned_at)

    async def act(database: asyncpg.Connection) -> Done:
        return Done(Answer(201, _body(await handlers.plan(database, milestone))))

    claim = givers.claim(request, givers.scope_of(staff), given)
    return givers.response(await once(here.engine, claim, act), here.receipts)


def _body(milestone: Milestone) -> bytes:
    return milestone_view(milestone, datetime.now(UTC), original=True).model_dump_json().encode()


@router.post(
    "/v1/proposals/{proposal_id}/milestones/{milestone_id}/reached",
    summary="A milestone was reached",
    response_class=Response,
    responses={200: {"model": MilestoneView}},
    openapi_extra=takes(ReachedInput),
)
async def post_reached(request: Request, proposal_id: UUID, milestone_id: UUID, staff: Staff) -> Response:
    here = parts(request)
    given = await json_body(request, ReachedInput)

    async def act(database: asyncpg.Connection) -> Done:
        now = datetime.now(UTC)
        reached, event = await handlers.reach(database, proposal_id, milestone_id, given.at, given.note, now)
        return Done(Answer(200, _body(reached)), [event])

    claim = givers.claim(request, givers.scope_of(staff), given)
    return givers.response(await once(here.engine, claim, act), here.receipts)


@router.delete(
    "/v1/proposals/{proposal_id}/milestones/{milestone_id}",
    summary="Give up a milestone that was not reached",
    status_code=204,
    response_class=Response,
)
async def delete_milestone(request: Request, proposal_id: UUID, milestone_id: UUID, staff: Staff) -> Response:
    async with transaction(parts(request).engine) as database:
        await handlers.remove(database, proposal_id, milestone_id)
    return Response(status_code=204)


@router.post(
    "/v1/proposals/{proposal_id}/delivered",
    summary="What was decided is there",
    openapi_extra=takes(DeliveredInput),
    **STEP,
)
async def post_delivered(request: Request, proposal_id: UUID, staff: Staff) -> Response:
    """Once all milestones are reached."""
    here = parts(request)
    given = await json_body(request, DeliveredInput)

    async def step(database: asyncpg.Connection, now: datetime) -> Changed:
        return await handlers.deliver(database, proposal_id, given.at, now)

    return await take_step(here, givers.claim(request, givers.scope_of(staff), given), step)
