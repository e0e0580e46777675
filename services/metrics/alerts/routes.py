"""`/v1/alerts` and `/v1/alert-rules`."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from services.metrics.alerts import handlers, store
from services.metrics.alerts.handlers import AcknowledgedBefore, NotOpen, RaisedAnew, UnknownAlert
from services.metrics.alerts.rules import RULES
from services.metrics.alerts.schemas import (
    AcknowledgementIn,
    AlertHistoryOut,
    AlertOut,
    AlertsOut,
    RulesOut,
    State,
    alert_out,
    history_out,
    rule_out,
)
from services.metrics.alerts.store import Acknowledgement, Asked
from services.metrics.scores.store import reading
from shared.auth import Caller, require
from shared.database import connection, transaction
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
Staff = Annotated[Caller, Depends(require("metrics:staff"))]
StateOf = Annotated[State | None, Query(description="Only those that are open, or cleared")]


@router.get("/alerts", summary="Alerts on known pitfalls, the one that changed last first")
async def alerts(
    request: Request,
    jurisdiction_id: EntityId | None = None,
    service_id: EntityId | None = None,
    rule: RuleId | None = None,
    state: StateOf = None,
    acknowledged: Annotated[bool | None, Query(description="Only those of which staff has taken note, or not")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> AlertsOut:
    open = None if state is None else state == State.OPEN
    asked = Asked(jurisdiction_id, service_id, rule and rule.value, open, acknowledged)
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
            raise _unknown(id)
        return history_out(found, await store.history(database, id, MOST_CHANGES))


def _unknown(id: str) -> Problem:
    return Problem(404, "unknown-alert", "There was never such an alert", id)


@router.post(
    "/alerts/{id}/acknowledgement",
    summary="Take note of an open alert",
    status_code=201,
    responses={200: {"model": AlertOut, "description": "The same was said before"}},
)
async def acknowledge(
    request: Request, response: Response, id: AlertId, said: AcknowledgementIn, staff: Staff
) -> AlertOut:
    """It is of this raising: raised anew, the alert is to be acknowledged anew."""
    noted = Acknowledgement(said.note, staff.name, datetime.now(UTC))
    try:
        async with transaction(request.app.state.engine) as database:
            found, new = await handlers.acknowledge(database, id, noted, said.number)
    except UnknownAlert as error:
        raise _unknown(id) from error
    except NotOpen as error:
        raise Problem(409, "alert-cleared", "The alert has been cleared", id) from error
    except RaisedAnew as error:
        raise Problem(409, "raised-anew", "Another raising of the alert is the newest", str(error)) from error
    except AcknowledgedBefore as error:
        raise Problem(409, "acknowledged-before", "The alert has been acknowledged before", str(error)) from error
    response.status_code = 201 if new else 200
    return alert_out(found)


@router.delete("/alerts/{id}/acknowledgement", summary="Take the acknowledgement of an alert back", status_code=204)
async def withdraw_acknowledgement(request: Request, id: AlertId, staff: Staff) -> None:
    """Where there is none, nothing changes."""
    try:
        async with transaction(request.app.state.engine) as database:
            await handlers.withdraw_acknowledgement(database, id, datetime.now(UTC))
    except UnknownAlert as error:
        raise _unknown(id) from error


@router.get("/alert-rules", summary="What alerts are raised on, by which thresholds")
async def rules() -> RulesOut:
    return RulesOut(items=[rule_out(rule) for rule in RULES.values()])
