"""The tables of contributions and of peers' confirmations."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.contributions.domain import Contribution
from services.feedback.media import store as media
from services.feedback.media.domain import CONTRIBUTION, Picture
from services.feedback.media.statements import pictures_of
from services.feedback.media.store import pictures

FIELDS = tuple(field.name for field in fields(Contribution))
COLUMNS = ", ".join(FIELDS)
values_of = attrgetter(*FIELDS)
CHANGING = (
    "id", "state", "made_at", "made_amount", "evidence", "evidence_masked", "evidence_address", "verified_at",
    "verified_amount", "verified_by", "refused_at", "refusal", "withdrawn_at",
)  # fmt: skip
changing_values = attrgetter(*CHANGING)

INSERT = f"""
INSERT INTO contribution ({COLUMNS}) VALUES ({", ".join(f"${number}" for number in range(1, len(FIELDS) + 1))})
"""
MOVE = f"""
UPDATE contribution SET {", ".join(f"{name} = ${number}" for number, name in enumerate(CHANGING[1:], 2))} WHERE id = $1
"""
FIND = f"SELECT {COLUMNS} FROM contribution WHERE id = $1"
READ = f"""
SELECT {COLUMNS}, (SELECT count(*) FROM contribution_confirmation WHERE contribution_id = contribution.id) AS peers,
       {pictures_of("contribution.id", CONTRIBUTION)} AS media
FROM contribution
"""
CONFIRM = """
INSERT INTO contribution_confirmation (contribution_id, contributor, confirmed_at) VALUES ($1, $2, $3)
"""
IS_CONFIRMED_BY = """
SELECT EXISTS (SELECT FROM contribution_confirmation WHERE contribution_id = $1 AND contributor = ANY ($2))
"""
CONFIRMATIONS = "SELECT count(*) FROM contribution_confirmation WHERE contribution_id = $1"
TOTALS = """
SELECT form, currency, count(*) AS contributions, coalesce(sum(amount), 0) AS pledged,
       coalesce(sum(made_amount) FILTER (WHERE state IN ('made', 'verified')), 0) AS made,
       coalesce(sum(verified_amount), 0) AS verified,
       count(*) FILTER (WHERE state = 'pledged' AND due_at < $1) AS overdue
FROM contribution WHERE state <> 'withdrawn'
"""
ERASE = f"""
WITH mine AS MATERIALIZED (
    SELECT id FROM contribution WHERE contributor = ANY ($1) ORDER BY id LIMIT $2 FOR UPDATE)
DELETE FROM contribution WHERE id IN (SELECT id FROM mine) RETURNING {COLUMNS}
"""
# A confirmation goes on counting, without whose it is.
FORGET_PEERS = """
WITH theirs AS MATERIALIZED (
    SELECT id FROM contribution_confirmation WHERE contributor = ANY ($1) ORDER BY id LIMIT $2 FOR UPDATE)
UPDATE contribution_confirmation SET contributor = NULL WHERE id IN (SELECT id FROM theirs) RETURNING id
"""
CONFIRMED_BY = """
SELECT contribution_id, confirmed_at FROM contribution_confirmation WHERE contributor = ANY ($1) ORDER BY id
"""


class Filter(NamedTuple):
    """Which contributions to list or to count; None: all. The names are those of columns."""

    service_id: str | None = None
    jurisdiction_id: str | None = None
    call_id: UUID | None = None
    proposal_id: UUID | None = None
    form: str | None = None
    state: str | None = None


class Found(NamedTuple):
    """A contribution, how many peers confirmed it, and its pictures that are shown."""

    contribution: Contribution
    confirmations: int = 0
    media: Sequence[Picture] = ()


class Total(NamedTuple):
    """What was given of a form and currency: how often, the sums of amounts, and how many pledges are overdue."""

    form: str
    currency: str | None
    contributions: int
    pledged: int
    made: int
    verified: int
    overdue: int


async def insert(connection: asyncpg.Connection, contribution: Contribution) -> None:
    """Adds a contribution that was just pledged."""
    await connection.execute(INSERT, *values_of(contribution))


async def find(connection: asyncpg.Connection, contribution_id: UUID, *, lock: bool = False) -> Contribution | None:
    """A contribution; with `lock`, nobody else changes it until the transaction ends."""
    row = await connection.fetchrow(FIND + (" FOR UPDATE" if lock else ""), contribution_id)
    return None if row is None else Contribution(**row)


async def move(connection: asyncpg.Connection, contribution: Contribution) -> None:
    """Records where a contribution is now."""
    await connection.execute(MOVE, *changing_values(contribution))


async def confirm(connection: asyncpg.Connection, contribution_id: UUID, peer: str, at: datetime) -> None:
    """Records that a peer confirms it. UniqueViolationError where they have before."""
    await connection.execute(CONFIRM, contribution_id, peer, at)


async def is_confirmed_by(connection: asyncpg.Connection, contribution_id: UUID, peers: Sequence[str]) -> bool:
    """Whether any of these has confirmed it."""
    return await connection.fetchval(IS_CONFIRMED_BY, contribution_id, peers) is True


async def confirmations(connection: asyncpg.Connection, contribution_id: UUID) -> int:
    """How many peers have confirmed it."""
    count: int = await connection.fetchval(CONFIRMATIONS, contribution_id)
    return count


async def whole(connection: asyncpg.Connection, contribution: Contribution) -> Found:
    """A contribution with what others said of it, and its pictures."""
    shown = await media.of_one(connection, CONTRIBUTION, contribution.id)
    return Found(contribution, await confirmations(connection, contribution.id), shown)


async def newest(
    connection: asyncpg.Connection, wanted: Filter, overdue_at: datetime | None, before: UUID | None, limit: int
) -> list[Found]:
    """Contributions, the newest first, from before the one named; withdrawn ones only where that state is wanted.

    With `overdue_at`, only pledges that are overdue then.
    """
    conditions, values = _conditions(wanted, 4)
    if wanted.state is None:
        conditions += " AND state <> 'withdrawn'"
    where = "($1::uuid IS NULL OR id < $1) AND ($3::timestamptz IS NULL OR (state = 'pledged' AND due_at < $3))"
    statement = f"{READ} WHERE {where}{conditions} ORDER BY id DESC LIMIT $2"
    return [_found(row) for row in await connection.fetch(statement, before, limit, overdue_at, *values)]


async def of_contributors(
    connection: asyncpg.Connection, contributors: Sequence[str], before: UUID | None, limit: int
) -> list[Found]:
    """All contributions of contributors, the newest first, from before the one named."""
    statement = f"{READ} WHERE contributor = ANY ($1) AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
    return [_found(row) for row in await connection.fetch(statement, contributors, before, limit)]


async def totals(connection: asyncpg.Connection, wanted: Filter, now: datetime) -> list[Total]:
    """What was given, by form and currency; withdrawn ones aside."""
    conditions, values = _conditions(wanted, 2)
    rows = await connection.fetch(f"{TOTALS}{conditions} GROUP BY 1, 2 ORDER BY 1, 2", now, *values)
    return [Total(row["form"], row["currency"], *(int(value) for value in list(row.values())[2:])) for row in rows]


def _conditions(wanted: Filter, first: int) -> tuple[str, list[str | UUID]]:
    given = {column: value for column, value in wanted._asdict().items() if value is not None}
    return "".join(f" AND {column} = ${number}" for number, column in enumerate(given, first)), [*given.values()]


def _found(row: asyncpg.Record) -> Found:
    return Found(Contribution(**{name: row[name] for name in FIELDS}), row["peers"], pictures(row["media"]))


async def erase(connection: asyncpg.Connection, contributors: Sequence[str], most: int) -> list[Contribution]:
    """Deletes contributions with their confirmations; returns what they were, in the order of their ids."""
    rows = await connection.fetch(ERASE, contributors, most)
    return sorted((Contribution(**row) for row in rows), key=attrgetter("id"))


async def confirmed_by(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[asyncpg.Record]:
    """What peers confirmed, `(contribution_id, confirmed_at)`, the oldest first."""
    return await connection.fetch(CONFIRMED_BY, contributors)


async def forget_peers(connection: asyncpg.Connection, contributors: Sequence[str], most: int) -> int:
    """Takes the pseudonym off peers' confirmations; returns of how many."""
    return len(await connection.fetch(FORGET_PEERS, contributors, most))
