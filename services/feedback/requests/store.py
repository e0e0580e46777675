"""The tables of service requests."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from msgspec import json

from services.feedback.fetching import store as fetching
from services.feedback.fetching.statements import unfetched
from services.feedback.media.domain import ANSWER
from services.feedback.media.statements import pictures_of
from services.feedback.media.store import pictures
from services.feedback.requests.domain import Answered, Particulars, Progressed, Reopened, Request, Step
from services.feedback.requests.statements import distance, near
from services.feedback.screening import masked
from services.feedback.screening.shown import shown
from shared.ids import uuid7

FIELDS = (
    "id",
    "jurisdiction_id",
    "service_id",
    "district_id",
    "contributor",
    "channel",
    "opened_at",
    "due_at",
    "answer_due_at",
    "acknowledged_at",
    "first_answered_at",
    "closed_at",
    "resolution",
    "description",
    "address",
    "latitude",
    "longitude",
    "campaign",
)
MOVING = (
    "id", "acknowledged_at", "first_answered_at", "closed_at", "resolution", "status", "state", "progressed_at",
    "duplicate_of",
)  # fmt: skip
"""What a step can change."""
LATER = ("state", "progressed_at", "duplicate_of", "split_from", "description_masked", "hidden_at")
"""What a request comes to have in the course of its life."""
ALL = (*FIELDS, *LATER)
opened_values = attrgetter(*(set_at_opening := [*FIELDS[:9], *FIELDS[13:]]))
moving_values = attrgetter(*MOVING)

INSERT = f"""
INSERT INTO request ({", ".join(set_at_opening)}, description_masked, status)
SELECT *, 'open' FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::text[], $11::text[], $12::float8[], $13::float8[],
    $14::text[], $15::text[])
"""
READ = f"""
SELECT {", ".join(ALL)}, greatest(opened_at, acknowledged_at, first_answered_at, closed_at, progressed_at,
    (SELECT max(at) FROM request_answer WHERE request_id = request.id),
    (SELECT max(reopened_at) FROM request_reopening WHERE request_id = request.id)) AS moved_at,
    {pictures_of("request.id")} AS media
FROM request
"""
PLACE = ("$2::float8", "$3::float8")
NEARBY = f"""
SELECT {", ".join(ALL)}, updated_at AS moved_at, {pictures_of("request.id")} AS media,
    {distance("request", *PLACE)} AS metres FROM request
WHERE service_id = $1 AND status = 'open' AND hidden_at IS NULL
    AND {near("request", *PLACE, "$4::float8")} ORDER BY metres, id LIMIT 20
"""
# A statement of its own: whoever waited for the lock must read what the one before it left.
LOCK = "SELECT FROM request WHERE id = $1 FOR UPDATE"
MOVE = """
UPDATE request SET acknowledged_at = $2, first_answered_at = $3, closed_at = $4, resolution = $5, status = $6,
       state = $7, progressed_at = $8, duplicate_of = $9, updated_at = now() WHERE id = $1
"""
TOUCH = "UPDATE request SET updated_at = now() WHERE id = $1"
ADD_ANSWER = """
INSERT INTO request_answer (id, request_id, at, text, author, state, text_masked) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
ADD_PROGRESS = "INSERT INTO request_progress (id, request_id, at, state, author) VALUES ($1, $2, $3, $4, $5)"
ADD_REOPENING = """
INSERT INTO request_reopening (request_id, closed_at, resolution, reopened_at, state) VALUES ($1, $2, $3, $4, $5)
"""
ADD_PARTICULARS = """
INSERT INTO request_particulars (request_id, attributes, address_id, zipcode, media_urls, contact)
VALUES ($1, $2, $3, $4, $5, $6)
"""
# A duplicate's answers are those of its original as well.
ANSWERED = f"""
a.id, a.at, {{text}}, a.hidden_at IS NOT NULL AS hidden, a.request_id,
{pictures_of("a.id", ANSWER)} AS media, {unfetched("a.id", "answer_id")} AS unfetched
"""
ANSWERS = f"""
SELECT {ANSWERED} FROM request_answer a WHERE a.request_id = $1
UNION ALL SELECT {ANSWERED} FROM request r JOIN request_answer a ON a.request_id = original_of(r.id)
WHERE r.id = $1 AND r.duplicate_of IS NOT NULL AND a.request_id <> r.id ORDER BY at
"""
WHOLE_ANSWERS, PUBLIC_ANSWERS = (
    ANSWERS.replace("{text}", text) for text in ("a.text", f"{shown('a', 'text')} AS text")
)
ANSWERS_OF = "SELECT id FROM request_answer WHERE request_id = ANY ($1::uuid[])"
TAKE_TURN_TO_MERGE = "SELECT pg_advisory_xact_lock(7202)"
ORIGINAL = f"{READ} WHERE id = original_of($1)"
MARK_SPLIT = "UPDATE request SET split_from = $2 WHERE id = $1"

# Not who of staff works on it, and how soon: that was not given, and is told to staff alone.
ALL_OF = """
SELECT to_jsonb(r) - '{assignee,organisation_id,priority}'::text[] || jsonb_build_object(
    'particulars', (SELECT to_jsonb(p) - 'request_id' FROM request_particulars p WHERE p.request_id = r.id),
    'answers', (SELECT coalesce(jsonb_agg(jsonb_build_object('at', a.at, 'text', a.text) ORDER BY a.at, a.id), '[]')
                FROM request_answer a WHERE a.request_id = r.id),
    'reopenings', (SELECT coalesce(jsonb_agg(to_jsonb(o) - 'request_id' ORDER BY o.reopened_at), '[]')
                   FROM request_reopening o WHERE o.request_id = r.id),
    'progress', (SELECT coalesce(jsonb_agg(jsonb_build_object('at', g.at, 'state', g.state) ORDER BY g.at, g.id), '[]')
                 FROM request_progress g WHERE g.request_id = r.id),
    'corrections', (SELECT coalesce(jsonb_agg(to_jsonb(c) - 'request_id' ORDER BY c.at, c.id), '[]')
                    FROM request_correction c WHERE c.request_id = r.id)) AS kept
FROM request r WHERE r.contributor = ANY ($1) ORDER BY r.id
"""
LOCK_OF = "SELECT id FROM request WHERE contributor = ANY ($1) ORDER BY id LIMIT $2 FOR UPDATE"
REOPENINGS = """
SELECT request_id, closed_at, resolution, reopened_at, state FROM request_reopening WHERE request_id = ANY ($1)
ORDER BY reopened_at
"""
ERASE = "DELETE FROM request WHERE id = ANY ($1)"

CORRECTED = """
INSERT INTO request_correction (id, request_id, at, description, address, contact)
SELECT $2, r.id, now(), r.description, r.address, coalesce(p.contact, '{}')
FROM request r LEFT JOIN request_particulars p ON p.request_id = r.id WHERE r.id = $1
"""
# What staff put in place of a text stays as long as the text does.
CORRECT = """
UPDATE request SET description = $2, address = $3, updated_at = now(),
       description_masked = CASE WHEN description IS NOT DISTINCT FROM $2 THEN description_masked ELSE $4 END
WHERE id = $1
"""
CORRECT_CONTACT = """
INSERT INTO request_particulars (request_id, attributes, contact) VALUES ($1, '{}', $2)
ON CONFLICT (request_id) DO UPDATE SET contact = excluded.contact
"""
CORRECTIONS = "SELECT at, description, address, contact FROM request_correction WHERE request_id = $1 ORDER BY at, id"


class Filter(NamedTuple):
    """Which requests to list; None: all. The names are those of columns."""

    service_id: str | None = None
    jurisdiction_id: str | None = None
    status: str | None = None
    state: str | None = None
    duplicate_of: UUID | None = None


async def insert(connection: asyncpg.Connection, requests: Sequence[Request]) -> None:
    """Adds requests that were just opened."""
    masks = [masked(request.description) for request in requests]
    await connection.execute(INSERT, *map(list, zip(*map(opened_values, requests), strict=True)), masks)
    particulars = [_particulars(request.id, each) for request in requests if (each := request.particulars)]
    if particulars:
        await connection.executemany(ADD_PARTICULARS, particulars)
    elsewhere = [
        fetching.Sent(each.id, each.particulars.media_urls)
        for each in requests
        if each.particulars and each.particulars.media_urls
    ]
    if elsewhere:
        await fetching.add(connection, elsewhere)


def _particulars(request_id: UUID, told: Particulars) -> tuple[object, ...]:
    attributes, contact = (json.encode(each).decode() for each in (told.attributes, told.contact))
    return (request_id, attributes, told.address_id, told.zipcode, told.media_urls, contact)


def _request(row: asyncpg.Record | dict[str, Any]) -> Request:
    return Request(**{**row, "media": pictures(row["media"])})


async def find(connection: asyncpg.Connection, request_id: UUID, *, lock: bool = False) -> Request | None:
    """A request; with `lock`, nobody else changes it until the transaction ends."""
    if lock:
        await connection.execute(LOCK, request_id)
    row = await connection.fetchrow(f"{READ} WHERE id = $1", request_id)
    return None if row is None else _request(row)


async def move(connection: asyncpg.Connection, request: Request, steps: Sequence[Step]) -> None:
    """Records where a request is now, and the answers and reopenings among the steps that led there."""
    await connection.execute(MOVE, *moving_values(request))
    for step in steps:
        match step:
            case Answered():
                told = (step.at, step.text, step.author, step.state, masked(step.text))
                await connection.execute(ADD_ANSWER, uuid7(), request.id, *told)
            case Progressed():
                await connection.execute(ADD_PROGRESS, uuid7(), request.id, step.at, step.state, step.author)
            case Reopened():
                await connection.execute(
                    ADD_REOPENING, request.id, step.closed_at, step.resolution, step.at, step.state
                )


async def touch(connection: asyncpg.Connection, request_id: UUID) -> None:
    """Notes that something of a request has changed."""
    await connection.execute(TOUCH, request_id)


async def answers(connection: asyncpg.Connection, request_id: UUID, *, whole: bool = False) -> list[asyncpg.Record]:
    """The answers to a request and its original, the oldest first.

    As the public reads them, or with `whole` as they were written.
    """
    return await connection.fetch(WHOLE_ANSWERS if whole else PUBLIC_ANSWERS, request_id)


async def answers_of(connection: asyncpg.Connection, request_ids: Sequence[UUID]) -> list[UUID]:
    """All answers to requests."""
    return [row["id"] for row in await connection.fetch(ANSWERS_OF, request_ids)]


async def take_turn_to_merge(connection: asyncpg.Connection) -> None:
    """Waits until nobody else merges, and keeps them waiting until the transaction ends."""
    await connection.execute(TAKE_TURN_TO_MERGE)


async def original(connection: asyncpg.Connection, request_id: UUID) -> Request | None:
    """The request that this one goes on in, which may be itself; None where there is none of this id."""
    row = await connection.fetchrow(ORIGINAL, request_id)
    return None if row is None else _request(row)


async def mark_split(connection: asyncpg.Connection, request: Request) -> None:
    """Records what a request, just inserted, was split from."""
    await connection.execute(MARK_SPLIT, request.id, request.split_from)


async def newest(connection: asyncpg.Connection, wanted: Filter, before: UUID | None, limit: int) -> list[Request]:
    """Requests, the newest first, from before the one named."""
    given = {column: value for column, value in wanted._asdict().items() if value is not None}
    conditions = [f"{column} = ${number}" for number, column in enumerate(given, 3)]
    where = " AND ".join(["($1::uuid IS NULL OR id < $1)", *conditions])
    rows = await connection.fetch(f"{READ} WHERE {where} ORDER BY id DESC LIMIT $2", before, limit, *given.values())
    return [_request(row) for row in rows]


async def nearby(
    connection: asyncpg.Connection, service_id: str, latitude: float, longitude: float, radius: float
) -> list[tuple[Request, float]]:
    """Open requests for a service within a radius, with their distances in metres, the nearest first."""
    rows = await connection.fetch(NEARBY, service_id, latitude, longitude, radius)
    return [(_request({name: row[name] for name in (*ALL, "moved_at", "media")}), row["metres"]) for row in rows]


async def of_contributors(connection: asyncpg.Connection, contributors: Sequence[str], limit: int) -> list[Request]:
    """The requests of contributors, the newest first."""
    rows = await connection.fetch(f"{READ} WHERE contributor = ANY ($1) ORDER BY id DESC LIMIT $2", contributors, limit)
    return [_request(row) for row in rows]


async def by_ids(connection: asyncpg.Connection, ids: Sequence[UUID]) -> list[Request]:
    """Requests, in no order."""
    return [_request(row) for row in await connection.fetch(f"{READ} WHERE id = ANY ($1::uuid[])", ids)]


async def all_of(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[dict[str, Any]]:
    """All that is kept of the requests of contributors, as JSON has it, the oldest first."""
    return [row["kept"] for row in await connection.fetch(ALL_OF, contributors)]


async def locked_of(connection: asyncpg.Connection, contributors: Sequence[str], most: int) -> list[Request]:
    """Requests of contributors, which nobody else changes until the transaction ends; the oldest first."""
    ids = [row["id"] for row in await connection.fetch(LOCK_OF, contributors, most)]
    rows = await connection.fetch(f"{READ} WHERE id = ANY ($1) ORDER BY id", ids)
    return [_request(row) for row in rows]


async def reopenings(connection: asyncpg.Connection, ids: Sequence[UUID]) -> dict[UUID, list[Reopened]]:
    """How requests were reopened, the oldest first."""
    found: dict[UUID, list[Reopened]] = {}
    for row in await connection.fetch(REOPENINGS, ids):
        undone = Reopened(row["reopened_at"], row["closed_at"], row["resolution"], row["state"])
        found.setdefault(row["request_id"], []).append(undone)
    return found


async def erase(connection: asyncpg.Connection, ids: Sequence[UUID]) -> None:
    """Deletes requests, with all that belongs to them."""
    await connection.execute(ERASE, ids)


async def correct(connection: asyncpg.Connection, request: Request, contact: Mapping[str, str] | None) -> None:
    """Records what a request says now, and what it said before; a contact of None stays as it is."""
    await connection.execute(CORRECTED, request.id, uuid7())
    mask = masked(request.description)
    await connection.execute(CORRECT, request.id, request.description, request.address, mask)
    if contact is not None:
        await connection.execute(CORRECT_CONTACT, request.id, json.encode(contact).decode())


async def corrections(connection: asyncpg.Connection, request_id: UUID) -> list[asyncpg.Record]:
    """What a request said before each time it was corrected, the oldest first."""
    return await connection.fetch(CORRECTIONS, request_id)
