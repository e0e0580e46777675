"""`/v1/.../proposal-rule`: how many supports, and how many days to decide, by service or jurisdiction."""

from datetime import UTC, datetime
from typing import Annotated

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

Id = Annotated[str, Path(pattern=ID_PATTERN)]


@router.get("/v1/services/{service_id}/proposal-rule", summary="The rule for a service's proposals")
async def get_of_service(request: Request, service_id: Id) -> RuleView:
    here = parts(request)
    async with connection(here.engine) as database:
        return await _of_service(here, database, service_id)


@router.put(
    "/v1/services/{service_id}/proposal-rule",
    summary="Set the rule for a service's proposals",
    openapi_extra=takes(RuleInput),
)
async def put_of_service(request: Request, service_id: Id, staff: Staff) -> RuleView:
    """It holds for proposals that are published from now on."""
    here, given = parts(request), await json_body(request, RuleInput)
    async with transaction(here.engine) as database:
        await _of_service(here, database, service_id)
        await store.keep(database, "service", service_id, given.rule(), datetime.now(UTC), staff.name)
        return await _of_service(here, database, service_id)


@router.delete("/v1/services/{service_id}/proposal-rule", summary="Go back to the rule of the jurisdiction")
async def delete_of_service(request: Request, service_id: Id, staff: Staff) -> RuleView:
    here = parts(request)
    async with transaction(here.engine) as database:
        await store.drop(database, "service", service_id)
        return await _of_service(here, database, service_id)


@router.get("/v1/jurisdictions/{jurisdiction_id}/proposal-rule", summary="The rule for a jurisdiction's proposals")
async def get_of_jurisdiction(request: Request, jurisdiction_id: Id) -> RuleView:
    here = parts(request)
    async with connection(here.engine) as database:
        return await _of_jurisdiction(here, database, jurisdiction_id)


@router.put(
    "/v1/jurisdictions/{jurisdiction_id}/proposal-rule",
    summary="Set the rule for a jurisdiction's proposals",
    openapi_extra=takes(RuleInput),
)
async def put_of_jurisdiction(request: Request, jurisdiction_id: Id, staff: Staff) -> RuleView:
    """It holds for proposals that are published from now on, where their service has no rule of its own."""
    here, given = parts(request), await json_body(request, RuleInput)
    async with transaction(here.engine) as database:
        await _of_jurisdiction(here, database, jurisdiction_id)
        await store.keep(database, "jurisdiction", jurisdiction_id, given.rule(), datetime.now(UTC), staff.name)
        return await _of_jurisdiction(here, database, jurisdiction_id)


@router.delete("/v1/jurisdictions/{jurisdiction_id}/proposal-rule", summary="Go back to the installation's rule")
async def delete_of_jurisdiction(request: Request, jurisdiction_id: Id, staff: Staff) -> RuleView:
    here = parts(request)
    async with transaction(here.engine) as database:
        await store.drop(database, "jurisdiction", jurisdiction_id)
        return await _of_jurisdiction(here, database, jurisdiction_id)


async def _of_service(here: Parts, database: asyncpg.Connection, service_id: str) -> RuleView:
    service = await directory.service(database, service_id)
    if service is None:
        raise Problem(404, "unknown-service", "There is no such service here", service_id)
    return RuleView.of(await store.holding(database, service_id, service.jurisdiction_id, here.proposal_rule))


async def _of_jurisdiction(here: Parts, database: asyncpg.Connection, jurisdiction_id: str) -> RuleView:
    if await directory.jurisdiction(database, jurisdiction_id) is None:
        raise Problem(404, "unknown-jurisdiction", "There is no such jurisdiction here", jurisdiction_id)
    return RuleView.of(await store.holding(database, None, jurisdiction_id, here.proposal_rule))
