"""`/v1/services/{id}/lifecycle`: the states of a service's life, and planned changes of them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, Response

from services.catalog.entities.changes import Editor, not_found
from services.catalog.entities.domain import Entity
from services.catalog.entities.routes import Engine, Kinds, Writer, existing
from services.catalog.entities.store import UnitOfWork, unit_of_work
from services.catalog.kinds import SERVICE
from services.catalog.lifecycle import store
from services.catalog.lifecycle.domain import FOLLOWING, Transition, check_plan, check_transition
from services.catalog.lifecycle.schemas import LifecycleView, StepView, TransitionInput, TransitionView
from services.catalog.services.domain import Service
from shared.auth import Caller
from shared.database import connection
from shared.ids import uuid7
from shared.problems import Problem
from shared.text import EntityId

router = APIRouter(prefix="/v1/services/{id}/lifecycle", tags=["services"])

FARTHEST = timedelta(days=3_660)


@router.get("", summary="A service's life: its state, what may follow, what has been and what is planned")
async def lifecycle(engine: Engine, id: EntityId) -> LifecycleView:
    """`transitions` are the planned ones and those that have been settled."""
    async with connection(engine) as database:
        service = SERVICE.load((await existing(database, SERVICE, id)).body)
        steps = await store.history(database, id)
        transitions = await store.transitions(database, id)
    return LifecycleView(
        status=service.fields.status,
        following=sorted(FOLLOWING[service.fields.status]),
        history=[StepView.model_validate(step) for step in steps],
        transitions=[TransitionView.model_validate(each) for each in transitions],
    )


@router.post("", summary="Bring a service into another state, now or at a time", status_code=201)
async def move(
    engine: Engine, kinds: Kinds, writer: Writer, id: EntityId, said: TransitionInput, response: Response
) -> TransitionView:
    """A time that lies ahead is kept: the transition takes effect then, once, even if nothing ran at that moment."""
    async with unit_of_work(engine, kinds) as work:
        service = await _locked(work, id)
        transition = _transition(id, said, writer)
        if said.effective_at is None:
            done = await _at_once(work, Editor(work, kinds, writer.name), service, transition)
            return TransitionView.model_validate(done)
        check_plan(service.fields.status, [*await store.planned(work.connection, id), transition])
        await store.plan(work.connection, transition)
    response.headers["Location"] = f"/v1/services/{id}/lifecycle/{transition.id}"
    return TransitionView.model_validate(transition)


@router.delete("/{transition_id}", summary="Cancel a planned transition", status_code=204)
async def cancel(engine: Engine, kinds: Kinds, writer: Writer, id: EntityId, transition_id: UUID) -> None:
    """What has taken effect cannot be cancelled, only followed by another transition."""
    async with unit_of_work(engine, kinds) as work:
        service = await _locked(work, id)
        left = [each for each in await store.planned(work.connection, id) if each.id != transition_id]
        if not await store.settle(work.connection, transition_id, "cancelled", f"Cancelled by {writer.name}"):
            raise Problem(404, "unknown-transition", "There is no such planned transition", str(transition_id))
        check_plan(service.fields.status, left)


async def _locked(work: UnitOfWork, service_id: str) -> Entity[Service]:
    kind, service = (await work.lock([service_id])).get(service_id, (None, None))
    if kind is not SERVICE or service is None:
        raise not_found(SERVICE, service_id)
    return service


def _transition(service_id: str, said: TransitionInput, writer: Caller) -> Transition:
    now = datetime.now(UTC)
    at = said.effective_at or now
    if said.effective_at is not None and not now < at < now + FARTHEST:
        raise Problem(422, "impossible-time", "This cannot take effect then", f"{at} is not within the next ten years")
    return Transition(uuid7(), service_id, said.status, said.reason, writer.name, now, at.astimezone(UTC))


async def _at_once(work: UnitOfWork, editor: Editor, service: Entity[Service], transition: Transition) -> Transition:
    check_transition(service.fields.status, transition.status, transition.reason)
    check_plan(transition.status, await store.planned(work.connection, service.id))
    fields = service.fields.model_copy(update={"status": transition.status})
    await editor.revise(SERVICE, service, fields, editor.change(transition.reason))
    await store.plan(work.connection, transition)
    await store.settle(work.connection, transition.id, "done")
    return Transition(**vars(transition) | {"state": "done", "settled_at": transition.planned_at})
