"""Templates filled in for a request."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from services.feedback.directory import store as directory
from services.feedback.directory.domain import Jurisdiction, Service
from services.feedback.requests.domain import Request
from services.feedback.templates import store
from services.feedback.templates.domain import AnswerTemplate, NoSuchTemplate, UnusableTemplate, fill_in
from services.feedback.templates.schemas import FilledView

LONGEST = 4_000


async def answer(connection: asyncpg.Connection, request: Request, template_id: UUID, language: str | None) -> str:
    """The answer that a template makes to a request. Raises NoSuchTemplate or UnusableTemplate."""
    template = await store.find(connection, template_id)
    if template is None or template.jurisdiction_id != request.jurisdiction_id:
        raise NoSuchTemplate(f"{template_id} in {request.jurisdiction_id}")
    if template.service_id not in (None, request.service_id):
        raise UnusableTemplate(f"template {template.name!r} is for {template.service_id}")
    return (await _filled(connection, request, [template], language))[0].text


async def all_for(connection: asyncpg.Connection, request: Request, language: str | None) -> list[FilledView]:
    """Every template that fits a request, filled in; with a language, those that have it."""
    templates = await store.listed(connection, request.jurisdiction_id, request.service_id)
    fitting = [each for each in templates if language is None or language in each.texts]
    return await _filled(connection, request, fitting, language)


async def _filled(
    connection: asyncpg.Connection, request: Request, templates: list[AnswerTemplate], language: str | None
) -> list[FilledView]:
    service = await directory.service(connection, request.service_id)
    place = await directory.jurisdiction(connection, request.jurisdiction_id)
    district = await directory.district(connection, request.district_id) if request.district_id else None
    found = []
    for template in templates:
        spoken = template.language(language, service.language if service else None)
        values = _values(request, service, place, district.name if district else "", spoken)
        text = fill_in(template.texts[spoken], values).strip()
        if not 0 < len(text) <= LONGEST:
            raise UnusableTemplate(f"template {template.name!r} makes an answer of {len(text):,} characters")
        found.append(FilledView(id=template.id, name=template.name, language=spoken, text=text))
    return found


def _values(
    request: Request, service: Service | None, place: Jurisdiction | None, district: str, language: str
) -> dict[str, str]:
    zone = ZoneInfo(place.time_zone) if place else ZoneInfo("UTC")
    translated = service.translations.get(language, {}) if service else {}
    return {
        "request_id": str(request.id),
        "service_name": translated.get("name") or (service.name if service else request.service_id),
        "district_name": district,
        "jurisdiction_name": place.name if place else request.jurisdiction_id,
        "opened_on": _day(request.opened_at, zone),
        "due_on": _day(request.due_at, zone),
        "address": "" if request.hidden else request.address or "",
    }


def _day(at: datetime | None, zone: ZoneInfo) -> str:
    """A day as ISO 8601 writes it, which every language reads; nothing where there is none."""
    return "" if at is None else at.astimezone(zone).date().isoformat()
