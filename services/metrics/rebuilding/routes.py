"""`GET /v1/rebuilds`: which measures on demand are kept, and which are being built."""

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel

from services.metrics.rebuilding import store
from services.metrics.rebuilding.store import State
from shared.database import connection

router = APIRouter(prefix="/v1", tags=["scorecards"])


class MeasureOut(BaseModel):
    """A measure that is kept only when a scorecard needs it."""

    measure: str
    state: State
    wanted_at: datetime | None
    counted_since: datetime | None
    complete_at: datetime | None


class RebuildsOut(BaseModel):
    """All of them."""

    measures: list[MeasureOut]


@router.get("/rebuilds", summary="Measures that are kept on demand, and how far each is")
async def rebuilds(request: Request) -> RebuildsOut:
    """Storing or activating a scorecard that needs such a measure has it built: counted from the first event on, beside
    the live counting. Until it is complete no score rests on it.
    """
    async with connection(request.app.state.engine) as database:
        found = await store.on_demand(database)
    return RebuildsOut(
        measures=[
            MeasureOut(
                measure=each.measure.label,
                state=each.state,
                wanted_at=each.wanted_at,
                counted_since=each.counted_since,
                complete_at=each.complete_at,
            )
            for each in found
        ]
    )
