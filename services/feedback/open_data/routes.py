"""`/v1/requests.csv` and `/v1/requests/heat`."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from services.feedback.open_data import store
from services.feedback.open_data.schemas import Area, Cell, Selection
from services.feedback.open_data.table import COLUMNS, lines
from services.feedback.parts import parts
from shared.database import connection

router = APIRouter(tags=["requests"])

CSV = "text/csv; charset=utf-8; header=present"
RECENT = timedelta(days=90)


@router.get(
    "/v1/requests.csv",
    summary="Requests as a table",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def get_table(request: Request, wanted: Annotated[Selection, Query()]) -> StreamingResponse:
    """All that anybody may see of them, the oldest first, as long as it takes."""
    engine = parts(request).engine

    async def pieces() -> AsyncIterator[str]:
        yield lines([COLUMNS])
        async for rows in store.rows(engine, wanted):
            yield lines(rows)

    headers = {"Content-Disposition": 'attachment; filename="requests.csv"'}
    return StreamingResponse(pieces(), media_type=CSV, headers=headers)


@router.get("/v1/requests/heat", summary="How many requests were made where")
async def get_heat(request: Request, area: Annotated[Area, Query()]) -> list[Cell]:
    """By cells of a grid, the fullest first, at most 20,000. Of the last 90 days, if no time is given."""
    if area.opened_after is None and area.opened_before is None:
        area = area.model_copy(update={"opened_after": datetime.now(UTC) - RECENT})
    async with connection(parts(request).engine) as database:
        return [Cell(**row) for row in await store.cells(database, area)]
