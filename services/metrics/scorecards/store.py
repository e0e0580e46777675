"""The tables of scorecards: what was stored never changes, and which was active when is a list that only grows."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg
import msgspec

from services.metrics.scores.scorecard import Scorecard

FIELDS = "label, document, added_by, added_at"
FIND = f"SELECT {FIELDS} FROM scorecard WHERE label = $1"
PAGE = f"""
SELECT {FIELDS} FROM scorecard
WHERE $1::text IS NULL OR (id, version) > (SELECT id, version FROM scorecard WHERE label = $1)
ORDER BY id, version LIMIT $2
"""
NEWEST = f"SELECT {FIELDS} FROM scorecard WHERE id = $1 ORDER BY version DESC LIMIT 1"
ADD = f"""
INSERT INTO scorecard (label, id, version, document, added_by) VALUES ($1, $2, $3, $4, $5) RETURNING {FIELDS}
"""
RECALL = "SELECT request_hash, label FROM scorecard_key WHERE scope = $1 AND key = $2"
CLAIM = "INSERT INTO scorecard_key (scope, key, request_hash, label) VALUES ($1, $2, $3, $4)"
ACTIVATIONS = """
SELECT number, jurisdiction_id, label, reason, activated_by, activated_at,
       lead(activated_at) OVER (ORDER BY number) AS until
FROM scorecard_activation WHERE jurisdiction_id = $1
"""
HISTORY = f"SELECT * FROM ({ACTIVATIONS}) a WHERE $2::bigint IS NULL OR number < $2 ORDER BY number DESC LIMIT $3"
ALL_ACTIVE = (
    "SELECT DISTINCT ON (jurisdiction_id) jurisdiction_id, label FROM scorecard_activation ORDER BY 1, number DESC"
)
ACTIVATE = """
INSERT INTO scorecard_activation (jurisdiction_id, label, reason, activated_by, activated_at)
VALUES ($1, $2, $3, $4, clock_timestamp())
"""
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('scorecard:' || $1, 0))"
TOUCH = """
INSERT INTO service_activity AS a (service_id, jurisdiction_id, touched)
SELECT id, jurisdiction_id, 1 FROM service WHERE jurisdiction_id = $1 ORDER BY id
ON CONFLICT (service_id) DO UPDATE SET touched = a.touched + 1
"""


class Stored(NamedTuple):
    """A scorecard that the installation made; who stored it, and when."""

    card: Scorecard
    added_by: str
    added_at: datetime


class Activation(NamedTuple):
    """Since when a scorecard was a jurisdiction's active one, until when (None: it still is), and why."""

    number: int
    jurisdiction_id: str
    label: str
    reason: str
    activated_by: str
    activated_at: datetime
    until: datetime | None


class Kept(NamedTuple):
    """What an idempotency key was used for."""

    request_hash: bytes
    label: str


async def find(database: asyncpg.Connection, label: str) -> Stored | None:
    row = await database.fetchrow(FIND, label)
    return None if row is None else _stored(row)


async def page(database: asyncpg.Connection, after: str | None, limit: int) -> list[Stored]:
    """In the order of ids and versions, those that come after a label."""
    return [_stored(row) for row in await database.fetch(PAGE, after, limit)]


async def newest(database: asyncpg.Connection, scorecard_id: str) -> Stored | None:
    row = await database.fetchrow(NEWEST, scorecard_id)
    return None if row is None else _stored(row)


async def get(database: asyncpg.Connection, label: str) -> Stored:
    """One that is known to be there."""
    [row] = await database.fetch(FIND, label)
    return _stored(row)


async def add(database: asyncpg.Connection, card: Scorecard, by: str) -> Stored:
    """Stores a scorecard whose label is free."""
    document = msgspec.json.encode(card).decode()
    [row] = await database.fetch(ADD, card.label, card.id, card.version, document, by)
    return _stored(row)


async def recall(database: asyncpg.Connection, scope: str, key: str) -> Kept | None:
    row = await database.fetchrow(RECALL, scope, key)
    return None if row is None else Kept(row["request_hash"], row["label"])


async def claim(database: asyncpg.Connection, scope: str, key: str, kept: Kept) -> None:
    """Takes an idempotency key that is free."""
    await database.execute(CLAIM, scope, key, kept.request_hash, kept.label)


async def history(
    database: asyncpg.Connection, jurisdiction_id: str, before: int | None, limit: int
) -> Sequence[Activation]:
    """A jurisdiction's activations, the newest first."""
    return [Activation(*row) for row in await database.fetch(HISTORY, jurisdiction_id, before, limit)]


async def all_active(database: asyncpg.Connection) -> dict[str, str]:
    """The label of the active scorecard of each jurisdiction that has chosen one."""
    return {row["jurisdiction_id"]: row["label"] for row in await database.fetch(ALL_ACTIVE)}


async def wait_for_turn(database: asyncpg.Connection, work: str) -> None:
    """Waits until nobody else does the same work; nobody else can until the transaction ends."""
    await database.execute(ONE_AT_A_TIME, work)


async def activate(database: asyncpg.Connection, jurisdiction_id: str, label: str, reason: str, by: str) -> None:
    await database.execute(ACTIVATE, jurisdiction_id, label, reason, by)


async def touch(database: asyncpg.Connection, jurisdiction_id: str) -> None:
    """Marks all services of a jurisdiction to be scored anew."""
    await database.execute(TOUCH, jurisdiction_id)


def _stored(row: asyncpg.Record) -> Stored:
    return Stored(msgspec.json.decode(row["document"], type=Scorecard), row["added_by"], row["added_at"])
