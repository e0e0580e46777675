"""The SQL by which clients read requests."""

from datetime import datetime
from uuid import UUID

import asyncpg

from services.feedback.conditions import Condition
from services.feedback.open311.queries import Wanted
from services.feedback.requests.statements import near

SELECT = """
SELECT r.id, r.service_id, r.district_id, r.channel, r.opened_at, r.due_at, r.acknowledged_at, r.resolution, r.status,
       r.description, r.address, r.latitude, r.longitude, r.updated_at, p.attributes, p.address_id, p.zipcode,
       p.media_url,
       (SELECT a.text FROM request_answer a WHERE a.request_id = r.id ORDER BY a.at DESC, a.id DESC LIMIT 1) AS answer
FROM request r LEFT JOIN request_particulars p ON p.request_id = r.id
"""
NOTES = "SELECT request_id, at, text FROM request_answer WHERE request_id = ANY ($1) ORDER BY at, id"
UPDATES = """
SELECT a.id, a.request_id, a.at, a.text, CASE WHEN r.closed_at = a.at THEN r.resolution END AS resolution
FROM request_answer a JOIN request r ON r.id = a.request_id
WHERE r.jurisdiction_id = $1 AND a.at >= $2 AND a.at < $3
UNION ALL
SELECT NULL, r.id, r.closed_at, NULL, r.resolution FROM request r
WHERE r.jurisdiction_id = $1 AND r.closed_at >= $2 AND r.closed_at < $3
-- The index is on what changed last; clocks of staff may be ahead of ours by five minutes.
AND r.updated_at >= $2 - interval '5 minutes'
AND NOT EXISTS (SELECT FROM request_answer a WHERE a.request_id = r.id AND a.at = r.closed_at)
ORDER BY at, request_id, id LIMIT $4
"""


async def requests(connection: asyncpg.Connection, jurisdiction_id: str, wanted: Wanted) -> list[asyncpg.Record]:
    """A page of requests, the newest first."""
    where = Condition()
    where.add("r.jurisdiction_id = {}", jurisdiction_id)
    if wanted.ids is not None:
        where.add("r.id = ANY ({}::uuid[])", list(wanted.ids))
    else:
        _narrow(where, wanted)
    limit, offset = where.value(wanted.page_size), where.value((wanted.page - 1) * wanted.page_size)
    return await connection.fetch(
        f"{SELECT} WHERE {where} ORDER BY r.opened_at DESC, r.id DESC LIMIT {limit} OFFSET {offset}",
        *where.values,
    )


def _narrow(where: Condition, wanted: Wanted) -> None:
    where.add("r.opened_at >= {} AND r.opened_at < {}", wanted.start, wanted.end)
    if wanted.service_codes:
        where.add("r.service_id = ANY ({}::text[])", list(wanted.service_codes))
    if wanted.statuses:
        where.add("r.status = ANY ({}::text[])", list(wanted.statuses))
    if wanted.updated_after is not None:
        where.add("r.updated_at >= {}", wanted.updated_after)
    if wanted.updated_before is not None:
        where.add("r.updated_at < {}", wanted.updated_before)
    if wanted.near is not None:
        latitude, longitude, radius = (f"{where.value(value)}::float8" for value in wanted.near)
        where.parts.append(near("r", latitude, longitude, radius))
    if wanted.words:
        where.add("strpos(lower(r.description), lower({})) > 0", wanted.words)


async def updates(
    connection: asyncpg.Connection, jurisdiction_id: str, start: datetime, end: datetime, limit: int
) -> list[asyncpg.Record]:
    """Answers, and closings that came without one: `id` is None for these, `resolution` None for those that close
    nothing."""
    return await connection.fetch(UPDATES, jurisdiction_id, start, end, limit)


async def notes(connection: asyncpg.Connection, ids: list[UUID]) -> dict[UUID, list[asyncpg.Record]]:
    """The public answers to requests, the oldest first."""
    found: dict[UUID, list[asyncpg.Record]] = {}
    for row in await connection.fetch(NOTES, ids):
        found.setdefault(row["request_id"], []).append(row)
    return found
