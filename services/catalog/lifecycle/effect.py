"""Planned transitions take effect when their time comes: each once, in the order of their times."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.entities.changes import Editor
from services.catalog.entities.domain import Change, Refused
from services.catalog.entities.store import UnitOfWork, unit_of_work
from services.catalog.kinds import KINDS, SERVICE
from services.catalog.lifecycle import store
from services.catalog.lifecycle.domain import Transition
from shared import failpoints


async def take_effect(engine: AsyncEngine) -> None:
    """Settles every planned transition that is due; each in a transaction of its own, with its version and events."""
    while await _next(engine):
        failpoints.hit("lifecycle.after_commit")


async def _next(engine: AsyncEngine) -> bool:
    async with unit_of_work(engine, KINDS) as work:
        transition = await store.next_due(work.connection)
        if transition is None:
            return False
        try:
            await _move(work, transition)
        except Refused as refused:
            await store.settle(work.connection, transition.id, "refused", str(refused))
        else:
            await store.settle(work.connection, transition.id, "done")
        failpoints.hit("lifecycle.before_commit")
    return True


async def _move(work: UnitOfWork, transition: Transition) -> None:
    """Raises Refused where what has happened meanwhile does not allow it any more."""
    _, service = (await work.lock([transition.service_id]))[transition.service_id]
    fields = service.fields.model_copy(update={"status": transition.status})
    change = Change(transition.planned_by, datetime.now(UTC), transition.reason, transition.effective_at)
    await Editor(work, KINDS, transition.planned_by).revise(SERVICE, service, fields, change)
