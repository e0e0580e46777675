"""The tables of proposals and of their versions."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.proposals.domain import Proposal, State
from shared.languages import configuration

FIELDS = tuple(field.name for field in fields(Proposal))
COLUMNS = ", ".join(FIELDS)
values_of = attrgetter(*FIELDS)

INSERT = f"INSERT INTO proposal ({COLUMNS}) VALUES ({', '.join(f'${n}' for n, _ in enumerate(FIELDS, 1))})"
FIND = f"SELECT {COLUMNS} FROM proposal WHERE id = $1"
LOCK = f"SELECT {COLUMNS} FROM proposal WHERE id = ANY ($1) ORDER BY id FOR UPDATE"
TAKE = f"SELECT {COLUMNS} FROM proposal WHERE contributor = ANY ($1) ORDER BY id LIMIT $2 FOR UPDATE"
GIVEN_BY = f"SELECT {COLUMNS} FROM proposal WHERE contributor = ANY ($1) ORDER BY id"
DELETE = "DELETE FROM proposal WHERE id = $1"
MERGED_INTO = "SELECT id FROM proposal WHERE merged_into = $1 ORDER BY id"

# What the public may read is what can be found; a word is kept as it is and as its language reduces it.
SAID = "coalesce(title_masked, title, '') || E'\\n' || coalesce(text_masked, text, '')"
INDEX = f"""
UPDATE proposal SET search = to_tsvector($2::text::regconfig, {SAID}) || to_tsvector('simple', {SAID}) WHERE id = $1
"""
SEARCHED = frozenset({"title", "title_masked", "text", "text_masked", "language"})

ADD_VERSION = """
INSERT INTO proposal_version (proposal_id, number, at, title, title_masked, text, text_masked, why, why_masked,
                              amendment_id)
SELECT id, version, coalesce(amended_at, published_at), title, title_masked, text, text_masked, $2, $3, $4
FROM proposal WHERE id = $1
"""
# Why somebody suggested a change is said as in their comment: not while moderation hides that, nor in other words.
# Supports are counted where they stand now; those that came with a merged proposal were given to no version of this.
VERSIONS = """
SELECT number, at, title, title_masked, text, text_masked, amendment_id,
       CASE WHEN NOT EXISTS (SELECT FROM comment c WHERE c.id = v.amendment_id AND c.hidden_at IS NOT NULL)
       THEN why END AS why,
       CASE WHEN amendment_id IS NULL THEN why_masked
       ELSE (SELECT c.text_masked FROM comment c WHERE c.id = v.amendment_id AND c.hidden_at IS NULL) END AS why_masked,
       (SELECT count(*) FROM support s WHERE s.proposal_id = v.proposal_id AND s.version = v.number AND s.counted)
       AS supports
FROM proposal_version v WHERE proposal_id = $1 ORDER BY number
"""
FORGET_WORDS = """
UPDATE proposal_version SET title = NULL, title_masked = NULL, text = NULL, text_masked = NULL, why = NULL,
       why_masked = NULL WHERE proposal_id = $1
"""


class Filter(NamedTuple):
    """Which proposals to list; None: all. The names are those of columns."""

    jurisdiction_id: str | None = None
    service_id: str | None = None
    district_id: str | None = None


@dataclass(frozen=True)
class Sorted:
    """An order of a list: by a column, then by id."""

    column: str
    type: str
    descending: bool = True


LAST_STEP = "greatest(published_at, amended_at, qualified_at, decided_at, delivered_at)"
ORDERS = {
    "newest": Sorted("published_at", "timestamptz"),
    "supports": Sorted("supports", "integer"),
    "deadline": Sorted("decision_due_at", "timestamptz", descending=False),
    "changed": Sorted(LAST_STEP, "timestamptz"),
}
LISTED = (State.PUBLISHED, State.QUALIFIED, State.DECIDED, State.DELIVERED)
"""States of what a list shows that is not asked for a state."""


class Words(NamedTuple):
    """What to look for, as people write it in a search engine, and in which language they do."""

    text: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A proposal as it was, who asked for it and why, and how many of its supports were given to it."""

    number: int
    at: datetime
    title: str | None
    title_masked: str | None
    text: str | None
    text_masked: str | None
    why: str | None
    why_masked: str | None
    amendment_id: UUID | None
    supports: int


def _proposal(row: asyncpg.Record) -> Proposal:
    return Proposal(**{**row, "state": State(row["state"])})


async def insert(connection: asyncpg.Connection, proposal: Proposal) -> None:
    """Adds a new proposal."""
    await connection.execute(INSERT, *values_of(proposal))
    await index(connection, proposal)


async def save(connection: asyncpg.Connection, before: Proposal, after: Proposal) -> None:
    """Records what a step changed."""
    changed = {name: value for name in FIELDS if (value := getattr(after, name)) != getattr(before, name)}
    if not changed:
        return
    settings = ", ".join(f"{name} = ${number}" for number, name in enumerate(changed, 2))
    await connection.execute(f"UPDATE proposal SET {settings} WHERE id = $1", after.id, *changed.values())
    if SEARCHED & changed.keys():
        await index(connection, after)


async def index(connection: asyncpg.Connection, proposal: Proposal) -> None:
    """Has a proposal found by what the public reads of it now."""
    await connection.execute(INDEX, proposal.id, configuration(proposal.language or "und"))


async def find(connection: asyncpg.Connection, proposal_id: UUID) -> Proposal | None:
    row = await connection.fetchrow(FIND, proposal_id)
    return None if row is None else _proposal(row)


async def lock(connection: asyncpg.Connection, *ids: UUID) -> dict[UUID, Proposal]:
    """Proposals, by id, that nobody else changes until the transaction ends; locked in one order."""
    return {row["id"]: _proposal(row) for row in await connection.fetch(LOCK, ids)}


async def take(connection: asyncpg.Connection, contributors: Sequence[str], most: int) -> list[Proposal]:
    """Some of what contributors proposed, locked."""
    return [_proposal(row) for row in await connection.fetch(TAKE, contributors, most)]


async def given_by(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[Proposal]:
    """All that contributors proposed, drafts too, the oldest first."""
    return [_proposal(row) for row in await connection.fetch(GIVEN_BY, contributors)]


async def delete(connection: asyncpg.Connection, proposal_id: UUID) -> None:
    await connection.execute(DELETE, proposal_id)


async def merged_into(connection: asyncpg.Connection, proposal_id: UUID) -> list[UUID]:
    """The proposals that go on in this one."""
    return [row["id"] for row in await connection.fetch(MERGED_INTO, proposal_id)]


async def add_version(
    connection: asyncpg.Connection,
    proposal_id: UUID,
    why: str | None = None,
    why_masked: str | None = None,
    amendment_id: UUID | None = None,
) -> None:
    """Keeps the proposal's wording as that of its present version."""
    await connection.execute(ADD_VERSION, proposal_id, why, why_masked, amendment_id)


async def versions(connection: asyncpg.Connection, proposal_id: UUID) -> list[Version]:
    """The versions of a proposal, the first one first."""
    return [Version(**row) for row in await connection.fetch(VERSIONS, proposal_id)]


async def forget_words(connection: asyncpg.Connection, proposal_id: UUID) -> None:
    """Forgets what versions said, and keeps that there were some."""
    await connection.execute(FORGET_WORDS, proposal_id)


async def listed(
    connection: asyncpg.Connection,
    wanted: Filter,
    states: Sequence[State],
    words: Words | None,
    order: str,
    after: tuple[Any, UUID] | None,
    limit: int,
) -> list[Proposal]:
    """Proposals that anybody may see, in an order, from the one behind `after` on."""
    by = ORDERS[order]
    values: list[Any] = [list(states), limit]
    conditions = ["state = ANY ($1)", "hidden_at IS NULL", f"{by.column} IS NOT NULL"]

    def parameter(value: Any) -> str:
        values.append(value)
        return f"${len(values)}"

    conditions += [f"{name} = {parameter(value)}" for name, value in wanted._asdict().items() if value is not None]
    if words is not None:
        text, config = parameter(words.text), parameter(configuration(words.language or "und"))
        query = f"websearch_to_tsquery({config}::text::regconfig, {text}) || websearch_to_tsquery('simple', {text})"
        conditions.append(f"search @@ ({query})")
    if after is not None:
        than = "<" if by.descending else ">"
        key, id = parameter(after[0]), parameter(after[1])
        conditions.append(f"({by.column}, id) {than} ({key}::{by.type}, {id}::uuid)")
    way = "DESC" if by.descending else "ASC"
    statement = (
        f"SELECT {COLUMNS} FROM proposal WHERE {' AND '.join(conditions)} ORDER BY {by.column} {way}, id {way} LIMIT $2"
    )
    return [_proposal(row) for row in await connection.fetch(statement, *values)]
