"""The tables of accounts, and of the marks that the erased leave."""

from collections.abc import Collection

import asyncpg

from services.feedback.people.domain import Erased

# Whoever writes for a known giver holds these until it commits; whoever marks them as erased waits for that, and is
# waited for. Each then reads what the other left, in a statement of its own; by order, lest two wait for each other.
LOCK = """
SELECT {lock}(turn) FROM (
    SELECT DISTINCT hashtextextended(mark, 1) AS turn FROM unnest($1::text[]) AS n (mark) ORDER BY turn) turns
"""
LOCK_SHARED, LOCK_ALONE = (LOCK.format(lock=f"pg_advisory_xact_lock{kind}") for kind in ("_shared", ""))
ERASED_AMONG = "SELECT mark FROM erased WHERE mark = ANY ($1)"
MARK = "INSERT INTO erased (mark) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING"


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
