"""Finding requests by words of their descriptions.

The newest are looked at first, one by one: that is quick for words that many use. What is not found so is rare enough
to be had from the index, which holds words by weeks, a few of the newest weeks before all. Each step reads a bounded
number of requests, whatever the planner believes of a word.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from uuid import UUID

import asyncpg

from services.feedback.conditions import Condition

LOOKED_AT, LOOKED_AT_MOST = 200, 20_000
WEEKS = (2, 6)
"""How many of the newest weeks are asked for before all are."""

SAID = """
(r.hidden_at IS NULL AND words_of(coalesce(r.description_masked, r.description)) @@ words_asked({}))
"""
NEWEST = """
WITH newest AS MATERIALIZED (
    SELECT r.* FROM request r WHERE {where} ORDER BY r.opened_at DESC, r.id DESC LIMIT {limit})
SELECT count(*) AS looked_at, array_agg(r.id ORDER BY r.opened_at DESC, r.id DESC) FILTER (WHERE {said}) AS ids
FROM newest r
"""
INDEXED = """
WITH said AS MATERIALIZED (SELECT r.id, r.opened_at FROM request r WHERE {where} AND ({weeks}))
SELECT id FROM said ORDER BY opened_at DESC, id DESC LIMIT {limit}
"""
CLEAN = "SELECT gin_clean_pending_list('request_words')"


async def saying(
    connection: asyncpg.Connection, condition: Callable[[], Condition], words: str, start: datetime, end: datetime,
    most: int,
) -> list[UUID]:  # fmt: skip
    """The newest requests, opened between start and end and meeting a condition, that say all the words."""
    asked = " ".join(f'"{word}"' for word in words.replace('"', " ").split())
    where, limit = condition(), min(LOOKED_AT + 2 * most, LOOKED_AT_MOST)
    statement = NEWEST.format(where=where, limit=where.value(limit), said=SAID.format(where.value(asked)))
    (newest,) = await connection.fetch(statement, *where.values)
    found: list[UUID] = (newest["ids"] or [])[:most]
    if newest["looked_at"] < limit or len(found) >= most:
        return found
    for weeks in _weeks(start, end):
        where = condition()
        said = SAID.format(where.value(asked))
        each = " OR ".join(f"(week_of(r.opened_at) = {week} AND {said})" for week in weeks)
        statement = INDEXED.format(where=where, weeks=each, limit=where.value(most))
        found = [row["id"] for row in await connection.fetch(statement, *where.values)]
        if len(found) >= most:
            break
    return found


def _weeks(start: datetime, end: datetime) -> Iterator[range]:
    """The weeks between two times as the database numbers them: first the newest alone, at last all."""
    first, last = (_week(at) for at in (start, end))
    for newest in WEEKS:
        if last - newest > first:
            yield range(last - newest, last + 1)
    yield range(first, last + 1)


def _week(at: datetime) -> int:
    """Division as the database does it, towards zero."""
    return int((at.astimezone(UTC).date() - date(2000, 1, 1)).days / 7)


async def file(connection: asyncpg.Connection) -> None:
    """Moves the words of what is new to their places in the index."""
    await connection.execute(CLEAN)
