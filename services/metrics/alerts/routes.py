"""`/v1/alerts` and `/v1/alert-rules`."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from services.metrics.alerts import store
from services.metrics.alerts.rules import RULES
from services.metrics.alerts.schemas import (
    AlertHistoryOut,
    AlertsOut,
    RulesOut,
    State,
    alert_out,
    history_out,
    rule_out,
)
from services.metrics.alerts.store import Asked
from services.metrics.scores.store import reading
from shared.database import connection
from shared.paging import Cursor, Limit, decode_cursor, encode_cursor
from shared.problems import Problem
from shared.text import EntityId

router = APIRouter(prefix="/v1", tags=["alerts"])

MOST_CHANGES = 200
FARTHEST = 2**63

RuleId = StrEnum("RuleId", {id.upper().replace("-", "_"): id for id in RULES})  # type: ignore[misc]
AlertId = Annotated[
    str, Path(max_length=104, pattern=r"^[a-z0-9][a-z0-9._-]{0,62}@[a-z-]{1,40}$", description="`<service>@<rule>`")
]
StateOf = Annotated[State | None, Query(description="Only those that are open, or cleared")]


@router.get("/alerts", summary="Alerts on known pitfalls, the one that changed last first")
async def alerts(
    request: Request,
    jurisdiction_id: EntityId | None = None,
    service_id: EntityId | None = None,
    rule: RuleId | None = None,
    state: StateOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> AlertsOut:
    asked = Asked(jurisdiction_id, service_id, rule and rule.value, None if state is None else state == State.OPEN)
    async with connection(request.app.state.engine) as database:
        found = await store.page(database, asked, _position(cursor), limit + 1)
    more = encode_cursor(found[limit - 1].position) if len(found) > limit else None
    return AlertsOut(items=[alert_out(each) for each in found[:limit]], next=more)


def _position(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    [position] = decode_cursor(cursor, 1)
    if type(position) is not int or not -FARTHEST <= position < FARTHEST:
        raise Problem(400, "bad-cursor", "The cursor is not one that this list gave out")
    return position


@router.get("/alerts/{id}", summary="An alert with its evidence and history")
async def alert(request: Request, id: AlertId) -> AlertHistoryOut:
    async with reading(request.app.state.engine) as database:
        found = await store.find(database, id)
        if found is None:
            raise Problem(404, "unknown-alert", "There was never such an alert", id)
        return history_out(found, await store.history(database, id, MOST_CHANGES))


@router.get("/alert-rules", summary="What alerts are raised on, by which thresholds")
async def rules() -> RulesOut:
    return RulesOut(items=[rule_out(rule) for rule in RULES.values()])
