"""`/v1/templates`: answers that staff keeps."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Request, Response

from services.feedback import givers
from services.feedback.bodies import json_body, takes
from services.feedback.directory import store as directory
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done, once
from services.feedback.parts import parts
from services.feedback.requests import store as requests
from services.feedback.requests.domain import NoSuchRequest
from services.feedback.requests.schemas import Language
from services.feedback.staff import Staff
from services.feedback.templates import answers, store
from services.feedback.templates.domain import AnswerTemplate, NoSuchTemplate, UnusableTemplate
from services.feedback.templates.schemas import FilledView, TemplateInput, TemplateView
from shared.auth import Caller
from shared.database import connection, transaction
from shared.ids import uuid7
from shared.text import EntityId

router = APIRouter(tags=["templates"])


@router.get("/v1/templates", summary="Templates of answers, by name")
async def get_templates(
    request: Request, staff: Staff, jurisdiction_id: EntityId, service_id: EntityId | None = None
) -> list[TemplateView]:
    """With a service, those that answer requests for it."""
    async with connection(parts(request).engine) as database:
        return [TemplateView.model_validate(each) for each in await store.listed(database, jurisdiction_id, service_id)]


@router.post(
    "/v1/templates",
    summary="Add a template",
    status_code=201,
    response_class=Response,
    responses={201: {"model": TemplateView}},
    openapi_extra=takes(TemplateInput),
)
async def post_template(request: Request, staff: Staff) -> Response:
    here = parts(request)
    given = await json_body(request, TemplateInput)
    claim = givers.claim(request, givers.scope_of(staff), given)

    async def act(database: asyncpg.Connection) -> Done:
        saved = await _save(database, uuid7(), given, staff)
        return Done(Answer(201, saved.model_dump_json().encode()))

    return givers.response(await once(here.engine, claim, act), here.receipts)


@router.put(
    "/v1/templates/{template_id}",
    summary="Rewrite a template",
    response_class=Response,
    responses={200: {"model": TemplateView}},
    openapi_extra=takes(TemplateInput),
)
async def put_template(request: Request, template_id: UUID, staff: Staff) -> Response:
    given = await json_body(request, TemplateInput)
    async with transaction(parts(request).engine) as database:
        if await store.find(database, template_id) is None:
            raise NoSuchTemplate(f"{template_id}")
        saved = await _save(database, template_id, given, staff)
    return Response(saved.model_dump_json(), media_type="application/json")


@router.delete("/v1/templates/{template_id}", summary="Throw a template away", status_code=204)
async def delete_template(request: Request, template_id: UUID, staff: Staff) -> None:
    async with transaction(parts(request).engine) as database:
        if not await store.delete(database, template_id):
            raise NoSuchTemplate(f"{template_id}")


@router.get("/v1/requests/{request_id}/templates", summary="The templates that fit a request, filled in")
async def get_filled(
    request: Request, request_id: UUID, staff: Staff, language: Annotated[Language | None, Query()] = None
) -> list[FilledView]:
    """With a language, those that have it; else in the service's own language where they do."""
    async with connection(parts(request).engine) as database:
        found = await requests.find(database, request_id)
        if found is None:
            raise NoSuchRequest(f"{request_id}")
        return await answers.all_for(database, found, language)


async def _save(database: asyncpg.Connection, id: UUID, given: TemplateInput, staff: Caller) -> TemplateView:
    await _check(database, given)
    template = AnswerTemplate(id=id, author=staff.name, changed_at=datetime.now(UTC), **dict(given))
    await store.save(database, template)
    return TemplateView.model_validate(template)


async def _check(database: asyncpg.Connection, given: TemplateInput) -> None:
    if await directory.jurisdiction(database, given.jurisdiction_id) is None:
        raise UnusableTemplate(f"there is no jurisdiction {given.jurisdiction_id}")
    service = await directory.service(database, given.service_id) if given.service_id else None
    if given.service_id and (service is None or service.jurisdiction_id != given.jurisdiction_id):
        raise UnusableTemplate(f"there is no service {given.service_id} in {given.jurisdiction_id}")
