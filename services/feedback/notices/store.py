"""The tables of follows and of what their followers are still to be told."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import json

from services.feedback.notices.domain import MOST_IN_A_MAIL, MOST_UNCONFIRMED, OWN, Follow, News, Subject
from services.feedback.screening import public
from services.feedback.screening.shown import shown

FIELDS = "id, subject_kind, subject_id, jurisdiction_id, contributor, email, language, every, created_at, confirmed_at"
# Who follows the same thing again, at the same address, goes on as before.
ADD = f"""
INSERT INTO follow ({FIELDS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (subject_kind, subject_id, email, contributor)
DO UPDATE SET every = excluded.every, language = excluded.language
RETURNING {FIELDS}
"""
FIND = f"SELECT {FIELDS} FROM follow WHERE id = $1"
OF = f"SELECT {FIELDS} FROM follow WHERE contributor = ANY ($1) ORDER BY id"
# Apart from follows: whoever ends one that was never confirmed has its address asked no more often for that.
UNCONFIRMED = "SELECT count(*) FROM follow_asked WHERE digest = $1 AND at > $2::timestamptz - interval '1 day'"
# Whoever has an address asked holds this until it commits: each finds what the one before left.
TAKE_TURN = "SELECT pg_advisory_xact_lock(hashtextextended($1, 7203))"
ASK = "INSERT INTO follow_asked (follow_id, digest, at) VALUES ($1, $2, $3)"
CONFIRMED = "DELETE FROM follow_asked WHERE follow_id = $1"
FORGET_ASKED = "DELETE FROM follow_asked WHERE at < now() - interval '1 day'"
CONFIRM = "UPDATE follow SET confirmed_at = $2 WHERE id = $1 AND confirmed_at IS NULL"
# The address goes with the subscription.
END = "DELETE FROM follow WHERE id = $1"
NOTE = """
INSERT INTO news (id, follow_id, event, about_kind, about_id, telling, at)
SELECT gen_random_uuid(), f.id, n.event, n.about_kind, n.about_id, n.telling::jsonb, n.at
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[])
     AS n (event, about_kind, about_id, telling, kind, at, subject_id)
JOIN follow f ON f.subject_kind = n.kind AND f.subject_id = n.subject_id
WHERE f.confirmed_at IS NOT NULL AND n.at >= f.created_at
  AND NOT (n.event = ANY ($8::text[]) AND f.subject_kind = n.about_kind)
"""
REPORTERS = """
SELECT r.id::text AS request_id, r.jurisdiction_id, r.contributor, p.contact ->> 'email' AS email
FROM request r JOIN request_particulars p ON p.request_id = r.id
WHERE r.id = ANY ($1::uuid[]) AND p.contact ->> 'email' IS NOT NULL
"""
# One sender at a time writes to an address; another passes over it.
DUE = f"""
SELECT {FIELDS} FROM follow f
WHERE f.try_at <= $1 AND (
    (f.confirmed_at IS NULL AND f.asked_at IS NULL)
    OR (f.confirmed_at IS NOT NULL AND f.told_at + f.every <= $1
        AND EXISTS (SELECT FROM news n WHERE n.follow_id = f.id AND n.told_at IS NULL)))
ORDER BY f.try_at LIMIT 1 FOR UPDATE SKIP LOCKED
"""
UNTOLD = f"""
SELECT id, event, about_kind, about_id, telling, at FROM news WHERE follow_id = $1 AND told_at IS NULL
ORDER BY at, id LIMIT {MOST_IN_A_MAIL}
"""
ASKED = "UPDATE follow SET asked_at = $2, failures = 0 WHERE id = $1"
TOLD = "UPDATE follow SET told_at = $2, failures = 0 WHERE id = $1"
TOLD_NEWS = "UPDATE news SET told_at = $2 WHERE id = ANY ($1)"
FAILED = "UPDATE follow SET failures = failures + 1 WHERE id = $1 RETURNING failures"
TRY_AGAIN = "UPDATE follow SET try_at = $2 WHERE id = $1"
FORGET = "DELETE FROM news WHERE told_at < $1"
ERASE = """
DELETE FROM follow WHERE id IN (SELECT id FROM follow WHERE contributor = ANY ($1) ORDER BY id LIMIT $2 FOR UPDATE)
RETURNING id
"""

NAMES = {
    "request": "SELECT s.name FROM request r JOIN service s ON s.id = r.service_id WHERE r.id = $1::text::uuid",
    "proposal": "SELECT coalesce(title_masked, title) FROM proposal "
    "WHERE id = $1::text::uuid AND hidden_at IS NULL AND published_at IS NOT NULL",
    "consultation": "SELECT s.name FROM consultation c JOIN service s ON s.id = c.service_id "
    "WHERE c.id = $1::text::uuid",
    "budget": "SELECT s.name FROM budget b JOIN service s ON s.id = b.service_id WHERE b.id = $1::text::uuid",
    "call": "SELECT s.name FROM call c JOIN service s ON s.id = c.service_id WHERE c.id = $1::text::uuid",
    "service": "SELECT name FROM service WHERE id = $1",
    "district": "SELECT name FROM district WHERE id = $1",
}
ANSWER = f"""
SELECT {shown("a", "text")} FROM request_answer a WHERE a.request_id = $1 AND a.at = $2 ORDER BY a.id DESC LIMIT 1
"""
REASONS = "SELECT reasons FROM proposal WHERE id = $1 AND hidden_at IS NULL"
INVITATION = """
SELECT id FROM invitation WHERE request_id = $1 AND contributor = $2 AND used_at IS NULL AND void_at IS NULL
"""

SUBJECTS = {
    "request": "SELECT jurisdiction_id FROM request WHERE id = $1::text::uuid",
    "proposal": "SELECT jurisdiction_id FROM proposal WHERE id = $1::text::uuid AND published_at IS NOT NULL",
    "service": "SELECT jurisdiction_id FROM service WHERE id = $1",
    "district": "SELECT jurisdiction_id FROM district WHERE id = $1",
}
"""Where each kind of subject is, and whose it is."""


def _follow(row: asyncpg.Record) -> Follow:
    fields = dict(row)
    return Follow(subject=Subject(fields.pop("subject_kind"), fields.pop("subject_id")), **fields)


async def home(connection: asyncpg.Connection, subject: Subject) -> str | None:
    """The jurisdiction of a subject; None where there is no such subject."""
    found: str | None = await connection.fetchval(SUBJECTS[subject.kind], subject.id)
    return found


async def add(connection: asyncpg.Connection, follow: Follow) -> Follow:
    """Adds a follow, or changes the one that the same address has of the same subject; returns what then is."""
    values = (follow.jurisdiction_id, follow.contributor, follow.email, follow.language, follow.every)
    row = await connection.fetchrow(ADD, follow.id, *follow.subject, *values, follow.created_at, follow.confirmed_at)
    assert row is not None  # an insert that returns
    return _follow(row)


async def ask(connection: asyncpg.Connection, follow: Follow) -> bool:
    """Adds a follow, whose address will be asked to confirm it; not where it has been asked too often."""
    await connection.execute(TAKE_TURN, follow.email)
    if await unconfirmed(connection, follow.email, follow.created_at) >= MOST_UNCONFIRMED:
        return False
    added = await add(connection, follow)
    if added.id == follow.id:
        await connection.execute(ASK, follow.id, _digest(follow.email), follow.created_at)
    return True


def _digest(email: str) -> bytes:
    return hashlib.sha256(email.encode()).digest()


async def find(connection: asyncpg.Connection, follow_id: UUID) -> Follow | None:
    row = await connection.fetchrow(FIND, follow_id)
    return None if row is None else _follow(row)


async def of_contributors(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[Follow]:
    """What contributors follow, the oldest first."""
    return [_follow(row) for row in await connection.fetch(OF, contributors)]


async def unconfirmed(connection: asyncpg.Connection, email: str, now: datetime) -> int:
    """How often an address was asked to confirm within a day, and did not."""
    return int(await connection.fetchval(UNCONFIRMED, _digest(email), now))


async def confirm(connection: asyncpg.Connection, follow_id: UUID, at: datetime) -> None:
    await connection.execute(CONFIRM, follow_id, at)
    await connection.execute(CONFIRMED, follow_id)


async def end(connection: asyncpg.Connection, follow_id: UUID) -> None:
    """Forgets a subscription and its address."""
    await connection.execute(END, follow_id)


async def note(connection: asyncpg.Connection, found: Sequence[News]) -> None:
    """Notes news for those who follow any of their subjects."""
    rows = [
        (each.event, *each.about, json.encode(each.telling).decode(), subject.kind, each.at, subject.id)
        for each in found
        for subject in each.subjects
    ]
    if rows:
        await connection.execute(NOTE, *map(list, zip(*rows, strict=True)), list(OWN))


async def reporters(connection: asyncpg.Connection, request_ids: Sequence[str]) -> list[asyncpg.Record]:
    """Those who left an address with their report: `(request_id, jurisdiction_id, contributor, email)`."""
    return await connection.fetch(REPORTERS, [UUID(each) for each in request_ids])


async def due(connection: asyncpg.Connection, now: datetime) -> Follow | None:
    """A follower to whom a mail is due, locked until the transaction ends."""
    row = await connection.fetchrow(DUE, now)
    return None if row is None else _follow(row)


async def untold(connection: asyncpg.Connection, follow_id: UUID) -> list[asyncpg.Record]:
    """What a follower is to be told, the oldest first."""
    return await connection.fetch(UNTOLD, follow_id)


async def asked(connection: asyncpg.Connection, follow_id: UUID, at: datetime) -> None:
    await connection.execute(ASKED, follow_id, at)


async def told(connection: asyncpg.Connection, follow_id: UUID, news: Sequence[UUID], at: datetime) -> None:
    await connection.execute(TOLD, follow_id, at)
    await connection.execute(TOLD_NEWS, news, at)


async def failed(connection: asyncpg.Connection, follow_id: UUID) -> int:
    """Notes that a mail was not taken; returns how often that happened in a row."""
    return int(await connection.fetchval(FAILED, follow_id))


async def try_again(connection: asyncpg.Connection, follow_id: UUID, at: datetime) -> None:
    """Nothing is sent to a follower before that time."""
    await connection.execute(TRY_AGAIN, follow_id, at)


async def forget(connection: asyncpg.Connection, before: datetime) -> None:
    """Forgets what was told, and who was asked more than a day ago."""
    await connection.execute(FORGET, before)
    await connection.execute(FORGET_ASKED)


async def name(connection: asyncpg.Connection, subject: Subject) -> str | None:
    """How a subject is called: by its service, or by its own name."""
    found: str | None = await connection.fetchval(NAMES[subject.kind], subject.id)
    return found


async def answer(connection: asyncpg.Connection, request_id: UUID, at: datetime) -> str | None:
    """What was answered at that time, as the public may read it."""
    found: str | None = await connection.fetchval(ANSWER, request_id, at)
    return found


async def reasons(connection: asyncpg.Connection, proposal_id: UUID) -> str | None:
    """Why a proposal was decided as it was, as the public may read it."""
    return public(await connection.fetchval(REASONS, proposal_id))


async def invitation(connection: asyncpg.Connection, request_id: UUID, contributor: str) -> UUID | None:
    """The open invitation to rate what came of a request, for whoever made it."""
    found: UUID | None = await connection.fetchval(INVITATION, request_id, contributor)
    return found


async def erase(connection: asyncpg.Connection, contributors: Sequence[str], most: int) -> int:
    """Deletes follows with their addresses; returns how many."""
    return len(await connection.fetch(ERASE, contributors, most))


async def export(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[dict[str, Any]]:
    """All that is kept of what contributors follow."""
    rows = await connection.fetch(OF, contributors)
    return [
        {
            "id": str(row["id"]),
            "subject_kind": row["subject_kind"],
            "subject_id": row["subject_id"],
            "email": row["email"],
            "language": row["language"],
            "every_seconds": int(timedelta.total_seconds(row["every"])),
            "created_at": row["created_at"].isoformat(),
            "confirmed_at": row["confirmed_at"] and row["confirmed_at"].isoformat(),
        }
        for row in rows
    ]
