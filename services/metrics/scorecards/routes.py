"""`/v1/scorecards`, and which of them a jurisdiction has activated."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.convertors import StringConvertor, register_url_convertor

from services.metrics.scorecards import handlers, store
from services.metrics.scorecards.asked import cards_of, unknown
from services.metrics.scorecards.bodies import TAKES, YAML, claim_of, document_of, invalid
from services.metrics.scorecards.cards import LABEL, NoSuchScorecard
from services.metrics.scorecards.handlers import Invalid, KeyReused, LabelTaken
from services.metrics.scorecards.schemas import (
    ActivationIn,
    ActivationOut,
    ActiveOut,
    ScorecardOut,
    ValidOut,
    activation,
    finding,
    packaged,
    stored,
)
from services.metrics.scorecards.trials import Trials
from services.metrics.scorecards.warnings import warnings
from services.metrics.scorecards.written import yaml_of
from services.metrics.scores.assessment import Assessment
from services.metrics.scores.days import today
from services.metrics.scores.scorecard import DEFAULT, Scorecard, scorecards
from services.metrics.scores.store import version_of
from shared.auth import Caller, require
from shared.database import connection, transaction
from shared.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.problems import Problem
from shared.text import EntityId


class LabelConvertor(StringConvertor):
    """All but the address beside them, which is no scorecard and has methods of its own."""

    regex = "(?!validate$)[^/]+"


register_url_convertor("label", LabelConvertor())

router = APIRouter(prefix="/v1", tags=["scorecards"])

Staff = Annotated[Caller, Depends(require("metrics:staff"))]
Label = Annotated[str, Path(max_length=100, description="Such as default.v2")]
JurisdictionId = Annotated[EntityId, Path()]


def _engine(request: Request) -> AsyncEngine:
    engine: AsyncEngine = request.app.state.engine
    return engine


@router.get("/scorecards", summary="The scorecards of this installation, the default one first")
async def list_scorecards(request: Request, cursor: Cursor = None, limit: Limit = 100) -> Page[ScorecardOut]:
    """Those of the platform, then those made here, by id and version."""
    after = None if cursor is None else _label(decode_cursor(cursor, 1)[0])
    own = [*scorecards()]
    begin = 0 if after is None else own.index(after) + 1 if after in own else len(own)
    async with connection(_engine(request)) as database:
        rows = await store.page(database, None if after in own else after, limit + 1)
    following = [*(packaged(scorecards()[label]) for label in own[begin:]), *map(stored, rows)]
    items = following[:limit]
    return Page(items=items, next=encode_cursor(items[-1].label) if len(following) > limit else None)


def _label(value: Any) -> str:
    if not isinstance(value, str) or not LABEL.fullmatch(value):
        raise Problem(400, "bad-cursor", "The cursor is not one that this list gave out")
    return value


@router.get(
    "/scorecards/{label:label}",
    summary="A scorecard, as JSON or as YAML",
    response_model=ScorecardOut,
    responses={200: {"content": {YAML: {"schema": {"type": "string"}}}}},
)
async def get_scorecard(request: Request, label: Label) -> Any:
    """YAML, as it can be taken in again, with `Accept: application/yaml`."""
    told = await _told(request, label)
    if "yaml" in request.headers.get("accept", ""):
        return Response(yaml_of(await cards_of(request).named(label)), media_type=YAML)
    return told


async def _told(request: Request, label: str) -> ScorecardOut:
    if label in scorecards():
        return packaged(scorecards()[label])
    async with connection(_engine(request)) as database:
        found = await store.find(database, label) if LABEL.fullmatch(label) else None
    if found is None:
        raise unknown(label)
    return stored(found)


@router.post(
    "/scorecards",
    summary="Store a scorecard",
    status_code=201,
    responses={200: {"model": ScorecardOut, "description": "It was stored before"}},
    openapi_extra=TAKES,
)
async def add_scorecard(request: Request, response: Response, staff: Staff) -> ScorecardOut:
    """It never changes: an edited one is a new version. Without `version` it becomes the next one of its id."""
    document = await document_of(request)
    claim = await claim_of(request, staff)
    try:
        async with transaction(_engine(request)) as database:
            found, new = await handlers.add(database, document, staff.name, claim)
    except Invalid as error:
        raise invalid(error.findings) from error
    except LabelTaken as error:
        raise Problem(409, "scorecard-stored", "A stored scorecard never changes", str(error)) from error
    except KeyReused as error:
        title = "The Idempotency-Key was used for another request"
        raise Problem(409, "idempotency-key-reused", title, str(error)) from error
    response.status_code = 201 if new else 200
    response.headers["Location"] = f"/v1/scorecards/{found.card.label}"
    return stored(found)


@router.post(
    "/scorecards/validate", summary="Say what is wrong with a scorecard, and store nothing", openapi_extra=TAKES
)
async def validate_scorecard(
    request: Request,
    jurisdiction_id: Annotated[
        EntityId | None, Query(description="Also warn of indicators without any evidence there")
    ] = None,
) -> ValidOut:
    """All that is wrong is told at once, each with its place, its line in YAML, and what would be right."""
    document = await document_of(request)
    try:
        async with connection(_engine(request)) as database:
            card = await handlers.check(database, document)
    except Invalid as error:
        raise invalid(error.findings) from error
    found = warnings(document, card, await _assessed(request, jurisdiction_id, card) if jurisdiction_id else None)
    return ValidOut(label=card.label, warnings=[finding(each) for each in found])


async def _assessed(request: Request, jurisdiction_id: str, card: Scorecard) -> Sequence[Assessment]:
    trials: Trials = request.app.state.trials
    found = await trials.assess(jurisdiction_id, today(), [card])
    if found is None:
        raise _unknown_jurisdiction(jurisdiction_id)
    return found.assessments[0]


@router.get("/jurisdictions/{jurisdiction_id}/scorecard", summary="The scorecard by which a jurisdiction is scored")
async def get_active(request: Request, jurisdiction_id: JurisdictionId) -> ActiveOut:
    async with connection(_engine(request)) as database:
        now = await handlers.active(database, jurisdiction_id)
        if now is None and await version_of(database, jurisdiction_id) is None:
            raise _unknown_jurisdiction(jurisdiction_id)
    if now is None:
        return ActiveOut(jurisdiction_id=jurisdiction_id, label=DEFAULT, reason=None, activated_by=None, since=None)
    return activation(now)


@router.put("/jurisdictions/{jurisdiction_id}/scorecard", summary="Activate a scorecard for a jurisdiction")
async def put_active(request: Request, jurisdiction_id: JurisdictionId, said: ActivationIn, staff: Staff) -> ActiveOut:
    """From now on its services are scored by it, each anew. What was active before stays in the history."""
    cards = cards_of(request)
    try:
        async with transaction(_engine(request)) as database:
            if await version_of(database, jurisdiction_id) is None:
                raise _unknown_jurisdiction(jurisdiction_id)
            await handlers.activate(database, cards, jurisdiction_id, said.label, said.reason, staff.name)
    except NoSuchScorecard as error:
        detail = f"{said.label}; see /v1/scorecards"
        raise Problem(422, "unknown-scorecard", "There is no such scorecard", detail) from error
    cards.changed()
    return await get_active(request, jurisdiction_id)


@router.get(
    "/jurisdictions/{jurisdiction_id}/scorecard/history",
    summary="Which scorecard was active when, and why, the newest first",
)
async def get_history(
    request: Request, jurisdiction_id: JurisdictionId, cursor: Cursor = None, limit: Limit = 100
) -> Page[ActivationOut]:
    """Before the first one it was the default scorecard."""
    before = None if cursor is None else _number(decode_cursor(cursor, 1)[0])
    async with connection(_engine(request)) as database:
        if await version_of(database, jurisdiction_id) is None:
            raise _unknown_jurisdiction(jurisdiction_id)
        rows = await store.history(database, jurisdiction_id, before, limit + 1)
    following = encode_cursor(rows[limit - 1].number) if len(rows) > limit else None
    return Page(items=[activation(row) for row in rows[:limit]], next=following)


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
        raise Problem(400, "bad-cursor", "The cursor is not one that this list gave out")
    return value


def _unknown_jurisdiction(jurisdiction_id: str) -> Problem:
    return Problem(404, "unknown-jurisdiction", "There is no such jurisdiction here", jurisdiction_id)
