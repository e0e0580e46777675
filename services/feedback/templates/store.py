"""The table of templates."""

from operator import attrgetter
from uuid import UUID

import asyncpg
from msgspec import json

from services.feedback.templates.domain import AnswerTemplate, NameTaken

FIELDS = ("id", "jurisdiction_id", "service_id", "name", "texts", "author", "changed_at")
COLUMNS = ", ".join(FIELDS)
values_of = attrgetter(*FIELDS)
SAVE = f"""
INSERT INTO answer_template ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO UPDATE SET jurisdiction_id = excluded.jurisdiction_id, service_id = excluded.service_id,
    name = excluded.name, texts = excluded.texts, author = excluded.author, changed_at = excluded.changed_at
"""
SELECT = f"SELECT {COLUMNS} FROM answer_template"
LISTED = f"""
{SELECT} WHERE jurisdiction_id = $1 AND ($2::text IS NULL OR service_id IS NULL OR service_id = $2)
ORDER BY name, service_id NULLS FIRST LIMIT 1000
"""


async def save(connection: asyncpg.Connection, template: AnswerTemplate) -> None:
    """Adds a template, or replaces the one of this id. Raises NameTaken."""
    values = list(values_of(template))
    values[4] = json.encode(template.texts).decode()
    try:
        await connection.execute(SAVE, *values)
    except asyncpg.UniqueViolationError as error:
        raise NameTaken(f"{template.name!r} in {template.service_id or template.jurisdiction_id}") from error


async def find(connection: asyncpg.Connection, template_id: UUID) -> AnswerTemplate | None:
    row = await connection.fetchrow(f"{SELECT} WHERE id = $1", template_id)
    return None if row is None else AnswerTemplate(**row)


async def delete(connection: asyncpg.Connection, template_id: UUID) -> bool:
    """Whether there was one of this id."""
    deleted = await connection.fetchval("DELETE FROM answer_template WHERE id = $1 RETURNING true", template_id)
    return deleted is True


async def listed(connection: asyncpg.Connection, jurisdiction_id: str, service_id: str | None) -> list[AnswerTemplate]:
    """Templates of a jurisdiction, by name; with a service, those that answer requests for it."""
    return [AnswerTemplate(**row) for row in await connection.fetch(LISTED, jurisdiction_id, service_id)]
