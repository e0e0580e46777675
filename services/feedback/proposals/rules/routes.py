"""`/v1/.../proposal-rule`: how many supports, and how many days to decide, by service or jurisdiction."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import asyncpg
from fastapi import APIRouter, Path, Request

from services.feedback.bodies import json_body, takes
from services.feedback.directory import store as directory
from services.feedback.parts import Parts, parts
from services.feedback.proposals.rules import store
from services.feedback.proposals.rules.schemas import RuleInput, RuleView
from services.feedback.staff import Staff
from shared.contracts.base import ID_PATTERN
from shared.database import connection, transaction
from shared.problems import Problem

router = APIRouter(tags=["proposals"])

Scope = Literal["services", "jurisdictions"]
KEPT_AS: dict[Scope, str] = {"services": "service", "jurisdictions": "jurisdiction"}
Id = Annotated[str, Path(pattern=ID_PATTERN)]


@router.get("/v1/{scope}/{home_id}/proposal-rule", summary="The rule for proposals of a service or a jurisdiction")
async def get_rule(request: Request, scope: Scope, home_id: Id) -> RuleView:
    here = parts(request)
    async with connection(here.engine) as database:
        return await _holding(here, database, scope, home_id)


@router.put(
    "/v1/{scope}/{home_id}/proposal-rule",
    summary="Set the rule for proposals of a service or a jurisdiction",
    openapi_extra=takes(RuleInput),
)
async def put_rule(request: Request, scope: Scope, home_id: Id, staff: Staff) -> RuleView:
    """It holds for what is published from now on; a jurisdiction's where the service has no rule of its own."""
    here, given = parts(request), await json_body(request, RuleInput)
    async with transaction(here.engine) as database:
        await _holding(here, database, scope, home_id)
        await store.keep(database, KEPT_AS[scope], home_id, given.rule(), datetime.now(UTC), staff.name)
        return await _holding(here, database, scope, home_id)


@router.delete("/v1/{scope}/{home_id}/proposal-rule", summary="Go back to the rule of the jurisdiction, or of all")
async def delete_rule(request: Request, scope: Scope, home_id: Id, staff: Staff) -> RuleView:
    here = parts(request)
    async with transaction(here.engine) as database:
        await store.drop(database, KEPT_AS[scope], home_id)
        return await _holding(here, database, scope, home_id)


async def _holding(here: Parts, database: asyncpg.Connection, scope: Scope, home_id: str) -> RuleView:
    """The rule that holds there. Raises a problem where there is no such service or jurisdiction."""
    if scope == "services":
        service = await directory.service(database, home_id)
        if service is None:
            raise Problem(404, "unknown-service", "There is no such service here", home_id)
        return RuleView.of(await store.holding(database, home_id, service.jurisdiction_id, here.proposal_rule))
    if await directory.jurisdiction(database, home_id) is None:
        raise Problem(404, "unknown-jurisdiction", "There is no such jurisdiction here", home_id)
    return RuleView.of(await store.holding(database, None, home_id, here.proposal_rule))
