"""The tables of budgets and votes."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter
from sys import intern
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import json

from services.feedback.budgets.counting import Ballot, ballot
from services.feedback.budgets.domain import Budget, Project, Vote
from services.feedback.periods import listing
from services.feedback.periods.listing import Wanted

FIELDS = (
    "id", "jurisdiction_id", "service_id", "title", "text", "projects", "outcome", "amount", "currency", "voting",
    "counting", "most", "opens_at", "closes_at", "author", "changed_at", "published_at", "decided_at", "votes",
    "erased",
)  # fmt: skip
COLUMNS = ", ".join(FIELDS)
values_of = attrgetter(*FIELDS)
SAVE = f"""
INSERT INTO budget ({COLUMNS}) VALUES ({", ".join(f"${n}" for n in range(1, len(FIELDS) + 1))})
ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in FIELDS[1:])}
"""
FIND = f"SELECT {COLUMNS} FROM budget WHERE id = $1"
STATES = listing.STATES | {
    "closed": f"{listing.STATES['closed']} AND decided_at IS NULL",
    "decided": "decided_at IS NOT NULL",
}
VOTE_FIELDS = ("id", "budget_id", "contributor", "given_at", "choices", "district_id", "channel", "campaign")
VOTE_COLUMNS = ", ".join(VOTE_FIELDS)
vote_values = attrgetter(*VOTE_FIELDS)
CAST = f"INSERT INTO budget_vote ({VOTE_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
VOTE_OF = f"""
SELECT {VOTE_COLUMNS} FROM budget_vote WHERE budget_id = $1 AND contributor = ANY ($2) ORDER BY id DESC LIMIT 1
"""
DELETE_VOTES_OF = f"DELETE FROM budget_vote WHERE budget_id = $1 AND contributor = ANY ($2) RETURNING {VOTE_COLUMNS}"
BALLOTS = "SELECT choices::text, count(*) AS times FROM budget_vote WHERE budget_id = $1 GROUP BY budget_vote.choices"
BALLOTS_IN_ORDER = f'{BALLOTS} ORDER BY budget_vote.choices::text COLLATE "C"'
AT_ONCE = 500
OF_CONTRIBUTORS = f"SELECT {VOTE_COLUMNS} FROM budget_vote WHERE contributor = ANY ($1) ORDER BY id"
MINE = "SELECT id, budget_id FROM budget_vote WHERE contributor = ANY ($1) ORDER BY id LIMIT $2"
# Not FOR SHARE, for it notes how many ballots of a decided budget are gone.
LOCK_BUDGETS = f"SELECT {COLUMNS} FROM budget WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE"
DELETE_VOTES = f"DELETE FROM budget_vote WHERE id = ANY ($1::uuid[]) RETURNING {VOTE_COLUMNS}"
NOTE_ERASED = """
UPDATE budget b SET erased = erased + n.times
FROM unnest($1::uuid[], $2::int[]) AS n (id, times) WHERE b.id = n.id AND b.decided_at IS NOT NULL
"""
PROPOSALS = """
SELECT id FROM proposal WHERE id = ANY ($1::uuid[]) AND jurisdiction_id = $2 AND published_at IS NOT NULL
"""


def _json(value: Any) -> str:
    return json.encode(value).decode()


def budget(row: asyncpg.Record) -> Budget:
    """A budget as it was kept."""
    return Budget(**{**dict(row), "projects": [_project(each) for each in row["projects"]]})


def _project(kept: Mapping[str, Any]) -> Project:
    proposal_id = kept["proposal_id"]
    return Project(**{**kept, "id": UUID(kept["id"]), "proposal_id": proposal_id and UUID(proposal_id)})


async def save(connection: asyncpg.Connection, item: Budget) -> None:
    """Adds a budget, or keeps it as it is now."""
    values = list(values_of(item))
    values[3:6] = map(_json, values[3:6])
    values[6] = None if item.outcome is None else _json(item.outcome)
    await connection.execute(SAVE, *values)


async def find(connection: asyncpg.Connection, budget_id: UUID, lock: str = "") -> Budget | None:
    """A budget; locked FOR SHARE its votes cannot be counted, FOR UPDATE nobody can vote either."""
    row = await connection.fetchrow(f"{FIND} {lock}", budget_id)
    return None if row is None else budget(row)


async def delete(connection: asyncpg.Connection, budget_id: UUID) -> None:
    """Takes a draft away."""
    await connection.execute("DELETE FROM budget WHERE id = $1", budget_id)


async def newest(connection: asyncpg.Connection, wanted: Wanted) -> list[Budget]:
    """Budgets, the newest first."""
    listed, values = listing.newest(wanted, STATES)
    return [budget(row) for row in await connection.fetch(f"SELECT {COLUMNS} FROM budget {listed}", *values)]


async def cast(connection: asyncpg.Connection, vote: Vote) -> None:
    """Adds a vote. UniqueViolationError where its contributor has another one."""
    values = list(vote_values(vote))
    values[4] = _json(vote.choices)
    await connection.execute(CAST, *values)


async def vote_of(connection: asyncpg.Connection, budget_id: UUID, contributors: Sequence[str]) -> Vote | None:
    """What any of these voted for, the latest."""
    row = await connection.fetchrow(VOTE_OF, budget_id, contributors)
    return None if row is None else Vote(**row)


async def delete_votes_of(connection: asyncpg.Connection, budget_id: UUID, contributors: Sequence[str]) -> list[Vote]:
    """Takes the votes of a person away, and returns them: more than one where they were joined since."""
    return [Vote(**row) for row in await connection.fetch(DELETE_VOTES_OF, budget_id, contributors)]


async def ballots(connection: asyncpg.Connection, budget_id: UUID, *, in_order: bool = True) -> dict[Ballot, int]:
    """How many ballots say what, in the order of what they say.

    Some at a time: of a big city there are hundreds of thousands, and others wait to be served.
    """
    found: dict[Ballot, int] = {}
    async with connection.transaction(readonly=True):
        async for text, times in connection.cursor(
            BALLOTS_IN_ORDER if in_order else BALLOTS, budget_id, prefetch=AT_ONCE
        ):
            said = json.decode(text, type=dict[str, int])
            found[ballot({intern(project): points for project, points in said.items()})] = times
    return found


async def of_contributors(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[Vote]:
    """All votes of contributors, the oldest first."""
    return [Vote(**row) for row in await connection.fetch(OF_CONTRIBUTORS, contributors)]


async def take_of(connection: asyncpg.Connection, contributors: Sequence[str], most: int) -> list[tuple[Vote, Budget]]:
    """Deletes up to so many votes of contributors; their budgets are locked first, as by voters."""
    while rows := await connection.fetch(MINE, contributors, most):
        locked = await connection.fetch(LOCK_BUDGETS, sorted({row["budget_id"] for row in rows}))
        of = {row["id"]: budget(row) for row in locked}
        gone = [Vote(**row) for row in await connection.fetch(DELETE_VOTES, [row["id"] for row in rows])]
        if gone:  # else another one came in place of each meanwhile
            times = Counter(vote.budget_id for vote in gone)
            await connection.execute(NOTE_ERASED, list(times), list(times.values()))
            return [(vote, of[vote.budget_id]) for vote in sorted(gone, key=lambda each: each.id)]
    return []


async def published_proposals(connection: asyncpg.Connection, jurisdiction_id: str, ids: Collection[UUID]) -> set[UUID]:
    """Those of the proposals that are of a jurisdiction, and no drafts."""
    return {row["id"] for row in await connection.fetch(PROPOSALS, list(ids), jurisdiction_id)}
