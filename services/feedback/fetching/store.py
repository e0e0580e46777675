"""The table of addresses. None is ever deleted but with the request, note or answer that it came with."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.fetching.domain import LEASE, Address, Reason

ADD = """
INSERT INTO media_fetch (request_id, note_id, answer_id, position, url)
SELECT $1::uuid, $2::uuid, $3::uuid, u.position, u.url FROM unnest($4::text[]) WITH ORDINALITY AS u (url, position)
"""
CLAIM = """
UPDATE media_fetch SET attempts = attempts + 1, due_at = now() + $2::interval
WHERE id = (SELECT id FROM media_fetch WHERE due_at <= now() AND host <> ALL ($1::text[])
            ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, request_id, note_id, answer_id, url, host, attempts
"""
# Statements of their own, in the order in which whoever erases takes them: what is read after is what they left.
LOCK_REQUEST = "SELECT FROM request WHERE id = $1 FOR UPDATE"
LOCK_NOTE = "SELECT FROM request_note WHERE id = $1 FOR UPDATE"
LOCK_ANSWER = "SELECT FROM request_answer WHERE id = $1 FOR UPDATE"
OWNER = """
SELECT CASE WHEN f.answer_id IS NOT NULL THEN NULL WHEN f.note_id IS NULL THEN r.contributor ELSE n.contributor
       END AS contributor,
       CASE WHEN f.answer_id IS NOT NULL THEN a.hidden_at WHEN f.note_id IS NULL THEN r.hidden_at ELSE n.hidden_at
       END IS NOT NULL AS hidden
FROM media_fetch f JOIN request r ON r.id = f.request_id LEFT JOIN request_note n ON n.id = f.note_id
LEFT JOIN request_answer a ON a.id = f.answer_id
WHERE f.id = $1 AND f.attempts = $2 AND f.state = 'waiting' FOR UPDATE OF f
"""
THIS_ATTEMPT = "WHERE id = $1 AND attempts = $2 AND state = 'waiting'"
FETCHED = f"UPDATE media_fetch SET state = 'fetched', reason = NULL, due_at = NULL {THIS_ATTEMPT}"
GIVE_UP = f"UPDATE media_fetch SET state = 'given_up', reason = $3, due_at = NULL {THIS_ATTEMPT}"
PUT_OFF = f"UPDATE media_fetch SET reason = $3, due_at = now() + $4::interval {THIS_ATTEMPT}"
NOT_COUNTED = f"UPDATE media_fetch SET attempts = attempts - 1, due_at = now() + $3::interval {THIS_ATTEMPT}"
SHOWN = """
SELECT f.request_id, f.url FROM media_fetch f JOIN request r ON r.id = f.request_id
WHERE f.request_id = ANY ($1::uuid[]) AND f.note_id IS NULL AND f.answer_id IS NULL AND f.state <> 'fetched'
  AND r.hidden_at IS NULL
ORDER BY f.request_id, f.position
"""
OF_REQUEST = """
SELECT url, note_id, answer_id, state, reason, attempts, due_at FROM media_fetch WHERE request_id = $1
ORDER BY note_id NULLS FIRST, answer_id NULLS FIRST, position
"""


class Owner(NamedTuple):
    """What a picture is to belong to: whose it is, and whether moderation hides it."""

    contributor: str | None
    hidden: bool


class Sent(NamedTuple):
    """Addresses that came with a request, or with a note on it or an answer to it."""

    request_id: UUID
    urls: Sequence[str]
    note_id: UUID | None = None
    answer_id: UUID | None = None


async def add(connection: asyncpg.Connection, sent: Iterable[Sent]) -> None:
    """Has pictures fetched."""
    await connection.executemany(ADD, [(each.request_id, each.note_id, each.answer_id, each.urls) for each in sent])


async def claim(connection: asyncpg.Connection, busy: Sequence[str]) -> Address | None:
    """What is to be fetched next, from none of the hosts that are busy; nobody else gets it before its lease ends."""
    row = await connection.fetchrow(CLAIM, busy, LEASE)
    return None if row is None else Address(**row)


async def lock_owner(connection: asyncpg.Connection, address: Address) -> Owner | None:
    """What an address came with, which stays until the transaction ends; None where it or this attempt is over."""
    await connection.execute(LOCK_REQUEST, address.request_id)
    if address.note_id is not None:
        await connection.execute(LOCK_NOTE, address.note_id)
    if address.answer_id is not None:
        await connection.execute(LOCK_ANSWER, address.answer_id)
    row = await connection.fetchrow(OWNER, address.id, address.attempts)
    return None if row is None else Owner(**row)


async def fetched(connection: asyncpg.Connection, address: Address) -> None:
    """Notes that its picture is here."""
    await connection.execute(FETCHED, address.id, address.attempts)


async def give_up(connection: asyncpg.Connection, address: Address, reason: Reason) -> None:
    """Notes that there will be no picture."""
    await connection.execute(GIVE_UP, address.id, address.attempts, reason)


async def put_off(connection: asyncpg.Connection, address: Address, reason: Reason, pause: timedelta) -> None:
    """Has it fetched again after a pause."""
    await connection.execute(PUT_OFF, address.id, address.attempts, reason, pause)


async def put_off_uncounted(connection: asyncpg.Connection, address: Address, pause: timedelta) -> None:
    """Has it fetched again after a pause, as if it had not been tried."""
    await connection.execute(NOT_COUNTED, address.id, address.attempts, pause)


async def shown(connection: asyncpg.Connection, request_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Addresses that came with requests and of which there is no picture here."""
    found: dict[UUID, list[str]] = {}
    for row in await connection.fetch(SHOWN, request_ids):
        found.setdefault(row["request_id"], []).append(row["url"])
    return found


async def of_request(connection: asyncpg.Connection, request_id: UUID) -> list[asyncpg.Record]:
    """All addresses that came with a request, the notes on it and the answers to it."""
    return await connection.fetch(OF_REQUEST, request_id)
