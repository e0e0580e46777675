"""A commitment whose day has passed, and that nobody has reported as kept, is missed."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.commitments.domain import Outcome
from services.catalog.commitments.store import overdue
from services.catalog.entities.changes import Editor
from services.catalog.entities.domain import Change
from services.catalog.entities.store import unit_of_work
from services.catalog.kinds import COMMITMENT, KINDS

CLOCK = "the calendar"
REASON = "Its day has passed"


async def mark_missed(engine: AsyncEngine) -> None:
    """Marks open commitments as missed once their day is over in their jurisdiction's time zone."""
    async with unit_of_work(engine, KINDS) as work:
        found = await work.lock(await overdue(work.connection))
        editor = Editor(work, KINDS, CLOCK)
        for _, commitment in found.values():
            fields = commitment.fields
            if fields.outcome is Outcome.OPEN:  # else somebody has just reported it
                missed = fields.model_copy(update={"outcome": Outcome.MISSED})
                await editor.revise(COMMITMENT, commitment, missed, Change(CLOCK, datetime.now(UTC), REASON))
