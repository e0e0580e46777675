"""The tables of accounts, and of the marks that the erased leave."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID

import asyncpg

from services.feedback.people.domain import Erased, Person
from services.feedback.people.oidc import SignIn

# Whoever writes for a known giver holds these until it commits; whoever marks them as erased waits for that, and is
# waited for. Each then reads what the other left, in a statement of its own; by order, lest two wait for each other.
LOCK = """
SELECT {lock}(turn) FROM (
    SELECT DISTINCT hashtextextended(mark, 1) AS turn FROM unnest($1::text[]) AS n (mark) ORDER BY turn) turns
"""
LOCK_SHARED, LOCK_ALONE = (LOCK.format(lock=f"pg_advisory_xact_lock{kind}") for kind in ("_shared", ""))
ERASED_AMONG = "SELECT mark FROM erased WHERE mark = ANY ($1)"
MARK = "INSERT INTO erased (mark) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING"

AT_ONCE = 500
PERSON = "contributor, issuer, subject, email, language, created_at"
SIGN_IN = f"""
SELECT {PERSON}, at FROM (SELECT) one LEFT JOIN erased_account ON mark = $3
LEFT JOIN person ON issuer = $1 AND subject = $2
"""
ADD = """
INSERT INTO person (contributor, issuer, subject, email, language) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (issuer, subject) DO UPDATE SET email = excluded.email, language = excluded.language
"""
FIND = f"SELECT {PERSON} FROM person WHERE contributor = $1"
JOIN = "INSERT INTO joined (contributor, person) VALUES ($1, $2) ON CONFLICT (contributor) DO NOTHING"
JOINED_TO = "SELECT person FROM joined WHERE contributor = $1"
JOINED = "SELECT contributor FROM joined WHERE person = $1 ORDER BY joined_at"
SAME_PERSON = """
WITH person AS (SELECT coalesce((SELECT person FROM joined WHERE contributor = $1), $1) AS id)
SELECT id FROM person UNION ALL SELECT contributor FROM joined WHERE person = (SELECT id FROM person)
"""
EVERYBODY_JOINED = "SELECT person, array_agg(contributor) AS contributors FROM joined GROUP BY person"
PART = "DELETE FROM joined WHERE contributor = $1"
FORGET = "DELETE FROM person WHERE contributor = $1"
MARK_ACCOUNT = """
INSERT INTO erased_account (mark, at) VALUES ($1, $2)
ON CONFLICT (mark) DO UPDATE SET at = greatest(erased_account.at, excluded.at)
"""


class Known(NamedTuple):
    """What is known of an account: who has it, if it has been used, and when it was last erased, if it was."""

    person: Person | None
    erased_at: datetime | None


async def erased_among(connection: asyncpg.Connection, marks: Collection[str]) -> set[str]:
    """Those who are erased; the others will not be before the transaction ends."""
    await connection.execute(LOCK_SHARED, list(marks))
    return {row["mark"] for row in await connection.fetch(ERASED_AMONG, list(marks))}


async def must_be_known(connection: asyncpg.Connection, mark: str | None) -> None:
    """Raises Erased; else they will not be erased before the transaction ends. None is nobody who could be."""
    if mark is not None and await erased_among(connection, [mark]):
        raise Erased("What this token stood for was erased")


async def is_erased(connection: asyncpg.Connection, mark: str) -> bool:
    """Whether they are erased by now."""
    return bool(await connection.fetch(ERASED_AMONG, [mark]))


async def lock(connection: asyncpg.Connection, marks: Collection[str]) -> None:
    """Waits until nobody writes for them any longer; nobody will before the transaction ends."""
    await connection.execute(LOCK_ALONE, list(marks))


async def erase(connection: asyncpg.Connection, marks: Collection[str]) -> None:
    """Marks them as erased, after `lock`."""
    await connection.execute(MARK, list(marks))


async def account(connection: asyncpg.Connection, issuer: str, subject: str, mark: str) -> Known:
    """What is known of an account; `mark` is the one that it would leave."""
    row = await connection.fetchrow(SIGN_IN, issuer, subject, mark)
    assert row is not None  # it stands on one that is always there
    *person, erased_at = row
    return Known(None if person[0] is None else Person(*person), erased_at)


async def add(connection: asyncpg.Connection, contributor: UUID, told: SignIn) -> None:
    """Keeps a new person, or what is new of one who is known, who stays who they are."""
    await connection.execute(ADD, contributor, told.issuer, told.subject, told.email, told.language)


async def find(connection: asyncpg.Connection, contributor: UUID, lock: str = "") -> Person | None:
    """A person by what rows of feedback derive their pseudonyms from; `lock` such as FOR UPDATE."""
    row = await connection.fetchrow(f"{FIND} {lock}", contributor)
    return None if row is None else Person(*row)


async def join(connection: asyncpg.Connection, contributor: UUID, person: UUID) -> UUID:
    """Joins what somebody gave to an account, if it is not joined to one; returns to which it is."""
    await connection.execute(JOIN, contributor, person)
    return cast(UUID, await connection.fetchval(JOINED_TO, contributor))


async def joined(connection: asyncpg.Connection, person: UUID) -> list[UUID]:
    """The contributors who are joined to an account."""
    return [row["contributor"] for row in await connection.fetch(JOINED, person)]


async def same_person(connection: asyncpg.Connection, contributor: UUID) -> list[UUID]:
    """All contributors who are the same person: first the account that one is joined to, if any, else they themselves.

    This says whose things count together. What may be shown to whom, `joined` says: a token does not open an account.
    """
    return [row["id"] for row in await connection.fetch(SAME_PERSON, contributor)]


async def everybody_joined(connection: asyncpg.Connection) -> AsyncIterator[list[UUID]]:
    """The contributors of each person who joined any: the account, and what is joined to it."""
    async with connection.transaction():
        async for person, contributors in connection.cursor(EVERYBODY_JOINED, prefetch=AT_ONCE):
            yield [person, *contributors]


async def part(connection: asyncpg.Connection, contributor: UUID) -> None:
    """Parts a contributor from the account that they are joined to."""
    await connection.execute(PART, contributor)


async def forget(connection: asyncpg.Connection, contributor: UUID, mark: str, at: datetime) -> None:
    """Forgets an account, and marks it as erased: who signed in before `at` is refused."""
    await connection.execute(FORGET, contributor)
    await connection.execute(MARK_ACCOUNT, mark, at)
