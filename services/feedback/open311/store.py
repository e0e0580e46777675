"""The SQL by which clients read requests."""

from datetime import datetime
from functools import partial
from uuid import UUID

import asyncpg

from services.feedback.conditions import Condition
from services.feedback.fetching.statements import unfetched
from services.feedback.open311.queries import Wanted
from services.feedback.open311.words import saying
from services.feedback.requests.statements import near
from services.feedback.screening.shown import shown, unless_hidden

SELECT = f"""
SELECT r.id, r.service_id, r.district_id, r.channel, r.opened_at, r.due_at, r.acknowledged_at, r.resolution, r.status,
       r.state, r.duplicate_of,
       {shown("r", "description")} AS description, {unless_hidden("r", "r.address")} AS address,
       {unless_hidden("r", "r.latitude")} AS latitude, {unless_hidden("r", "r.longitude")} AS longitude, r.updated_at,
       {unless_hidden("r", "p.attributes")} AS attributes,
       {unless_hidden("r", "p.address_id")} AS address_id, {unless_hidden("r", "p.zipcode")} AS zipcode,
       (SELECT {shown("a", "text")} FROM request_answer a WHERE a.request_id = r.id
        ORDER BY a.at DESC, a.id DESC LIMIT 1) AS answer
FROM request r LEFT JOIN request_particulars p ON p.request_id = r.id
"""
NOTES = f"""
SELECT a.request_id, a.at, {shown("a", "text")} AS text FROM request_answer a WHERE a.request_id = ANY ($1)
ORDER BY a.at, a.id
"""
# What was said or done at one time is told once: a step is passed over where a text tells of it.
TOLD = """
NOT EXISTS (SELECT FROM request_answer a WHERE a.request_id = {0} AND a.at = {1})
AND NOT EXISTS (SELECT FROM request_note n WHERE n.request_id = {0} AND n.at = {1} AND n.state IS NOT NULL)
"""
UPDATES = f"""
SELECT a.id, a.request_id, a.at, {shown("a", "text")} AS text,
       coalesce(a.state, CASE WHEN r.closed_at = a.at THEN r.state END) AS state,
       CASE WHEN a.hidden_at IS NULL AND $6 THEN {unfetched("a.id", "answer_id")} END AS media_urls, 'answer' AS kind
FROM request_answer a JOIN request r ON r.id = a.request_id
WHERE r.jurisdiction_id = $1 AND a.at >= $2 AND a.at < $3
UNION ALL
SELECT n.id, n.request_id, n.at, {shown("n", "text")}, n.state,
       CASE WHEN n.hidden_at IS NULL AND $6 THEN {unfetched("n.id")} END, 'note'
FROM request_note n JOIN request r ON r.id = n.request_id
WHERE r.jurisdiction_id = $1 AND NOT n.private AND n.at >= $2 AND n.at < $3
UNION ALL
SELECT p.id, p.request_id, p.at, NULL, p.state, NULL, 'progress'
FROM request_progress p JOIN request r ON r.id = p.request_id
WHERE r.jurisdiction_id = $1 AND p.at >= $2 AND p.at < $3 AND {TOLD.format("r.id", "p.at")}
UNION ALL
SELECT NULL, r.id, r.closed_at, NULL, r.state, NULL, 'closing' FROM request r
WHERE r.jurisdiction_id = $1 AND r.closed_at >= $2 AND r.closed_at < $3
-- The index is on what changed last; clocks of staff may be ahead of ours by five minutes.
AND r.updated_at >= $2 - interval '5 minutes' AND {TOLD.format("r.id", "r.closed_at")}
UNION ALL
SELECT NULL, r.id, o.closed_at, NULL, coalesce(o.state, o.resolution), NULL, 'closing'
FROM request_reopening o JOIN request r ON r.id = o.request_id
WHERE r.jurisdiction_id = $1 AND o.closed_at >= $2 AND o.closed_at < $3 AND {TOLD.format("r.id", "o.closed_at")}
UNION ALL
SELECT NULL, r.id, o.reopened_at, NULL, 'open', NULL, 'reopening'
FROM request_reopening o JOIN request r ON r.id = o.request_id
WHERE r.jurisdiction_id = $1 AND o.reopened_at >= $2 AND o.reopened_at < $3 AND {TOLD.format("r.id", "o.reopened_at")}
AND NOT EXISTS (SELECT FROM request_progress p WHERE p.request_id = r.id AND p.at = o.reopened_at)
ORDER BY at, request_id, id LIMIT $4 OFFSET $5
"""
# A plan for any value would serve a common service, state or word and be slow for a rare one, or the reverse.
PLAN_EACH = "SET LOCAL plan_cache_mode = force_custom_plan"
ANSWER_ID = "SELECT id FROM request_answer WHERE request_id = $1 AND at = $2 ORDER BY id DESC LIMIT 1"
PROGRESS_ID = "SELECT id FROM request_progress WHERE request_id = $1 AND at = $2 ORDER BY id DESC LIMIT 1"
EMAIL = "SELECT contact ->> 'email' FROM request_particulars WHERE request_id = $1"
TAKEN = "SELECT digest, told_as FROM open311_update WHERE key_id = $1 AND update_id = $2"
REMEMBER = """
INSERT INTO open311_update (key_id, update_id, request_id, digest, told_as) VALUES ($1, $2, $3, $4, $5)
"""


async def requests(connection: asyncpg.Connection, jurisdiction_id: str, wanted: Wanted) -> list[asyncpg.Record]:
    """A page of requests, the newest first."""
    async with connection.transaction(readonly=True):
        await connection.execute(PLAN_EACH)
        return await _requests(connection, jurisdiction_id, wanted)


async def _requests(connection: asyncpg.Connection, jurisdiction_id: str, wanted: Wanted) -> list[asyncpg.Record]:
    where = _where(jurisdiction_id, wanted)
    limit, offset = wanted.page_size, (wanted.page - 1) * wanted.page_size
    if wanted.words and wanted.ids is None:
        condition = partial(_where, jurisdiction_id, wanted)
        said = await saying(connection, condition, wanted.words, wanted.start, wanted.end, offset + limit)
        where.add("r.id = ANY ({}::uuid[])", said[offset:])
        offset = 0
    limits = f"LIMIT {where.value(limit)} OFFSET {where.value(offset)}"
    return await connection.fetch(
        f"{SELECT} WHERE {where} ORDER BY r.opened_at DESC, r.id DESC {limits}", *where.values
    )


def _where(jurisdiction_id: str, wanted: Wanted) -> Condition:
    """What is asked of a request but for its words."""
    where = Condition()
    where.add("r.jurisdiction_id = {}", jurisdiction_id)
    if wanted.ids is not None:
        where.add("r.id = ANY ({}::uuid[])", list(wanted.ids))
    else:
        _narrow(where, wanted)
    return where


def _narrow(where: Condition, wanted: Wanted) -> None:
    where.add("r.opened_at >= {} AND r.opened_at < {}", wanted.start, wanted.end)
    if wanted.service_codes:
        where.add("r.service_id = ANY ({}::text[])", list(wanted.service_codes))
    if wanted.statuses:
        where.parts.append(_status(where, wanted.statuses))
    if wanted.updated_after is not None:
        where.add("r.updated_at >= {}", wanted.updated_after)
    if wanted.updated_before is not None:
        where.add("r.updated_at < {}", wanted.updated_before)
    if wanted.near is not None:
        latitude, longitude, radius = (f"{where.value(value)}::float8" for value in wanted.near)
        where.parts += ["r.hidden_at IS NULL", near("r", latitude, longitude, radius)]


def _status(where: Condition, wanted: tuple[str, ...]) -> str:
    """What the standard calls a status, and the finer states that are in use beyond it."""
    standard = [each for each in wanted if each in ("open", "closed")]
    finer = [each for each in wanted if each not in standard]
    parts = {"status": standard, "state": finer}
    return f"({' OR '.join(f'r.{name} = ANY ({where.value(each)}::text[])' for name, each in parts.items() if each)})"


async def updates(
    connection: asyncpg.Connection,
    jurisdiction_id: str,
    start: datetime,
    end: datetime,
    limit: int,
    offset: int,
    *,
    addresses: bool,
) -> list[asyncpg.Record]:
    """All public updates, the oldest first: `state` is None for those that left a request in its state, `id` for
    closings and reopenings without a word. With `addresses`, also those of pictures that are not here."""
    return await connection.fetch(UPDATES, jurisdiction_id, start, end, limit, offset, addresses)


async def answer_id(connection: asyncpg.Connection, request_id: UUID, at: datetime) -> UUID:
    """The id of the answer that was given at a time."""
    found: UUID = await connection.fetchval(ANSWER_ID, request_id, at)
    return found


async def progress_id(connection: asyncpg.Connection, request_id: UUID, at: datetime) -> UUID:
    """The id of the step that was made at a time."""
    found: UUID = await connection.fetchval(PROGRESS_ID, request_id, at)
    return found


async def email(connection: asyncpg.Connection, request_id: UUID) -> str | None:
    """The address that a request came with."""
    found: str | None = await connection.fetchval(EMAIL, request_id)
    return found


async def taken(connection: asyncpg.Connection, key_id: str, update_id: str) -> asyncpg.Record | None:
    """What an update was that a client sent before: `(digest, told_as)`."""
    row: asyncpg.Record | None = await connection.fetchrow(TAKEN, key_id, update_id)
    return row


async def remember(
    connection: asyncpg.Connection, key_id: str, update_id: str, request_id: UUID, digest: bytes, told_as: UUID
) -> None:
    """Records that an update was taken. UniqueViolationError where it was at the same time."""
    await connection.execute(REMEMBER, key_id, update_id, request_id, digest, told_as)


async def notes(connection: asyncpg.Connection, ids: list[UUID]) -> dict[UUID, list[asyncpg.Record]]:
    """The public answers to requests, the oldest first."""
    found: dict[UUID, list[asyncpg.Record]] = {}
    for row in await connection.fetch(NOTES, ids):
        found.setdefault(row["request_id"], []).append(row)
    return found
