"""The table of milestones."""

from dataclasses import fields
from operator import attrgetter
from uuid import UUID

import asyncpg

from services.feedback.proposals.delivery.domain import Milestone

FIELDS = tuple(field.name for field in fields(Milestone))
values_of = attrgetter(*FIELDS)

INSERT = f"INSERT INTO proposal_milestone ({', '.join(FIELDS)}) VALUES ($1, $2, $3, $4, $5, $6)"
OF_PROPOSAL = f"SELECT {', '.join(FIELDS)} FROM proposal_milestone WHERE proposal_id = $1 ORDER BY planned_at, id"
REACH = "UPDATE proposal_milestone SET reached_at = $2, note = $3 WHERE id = $1"
REMOVE = "DELETE FROM proposal_milestone WHERE id = $1"


async def insert(connection: asyncpg.Connection, milestone: Milestone) -> None:
    await connection.execute(INSERT, *values_of(milestone))


async def of_proposal(connection: asyncpg.Connection, proposal_id: UUID) -> list[Milestone]:
    """The milestones of a proposal, by the time they are planned for."""
    return [Milestone(**row) for row in await connection.fetch(OF_PROPOSAL, proposal_id)]


async def reach(connection: asyncpg.Connection, milestone: Milestone) -> None:
    """Records that a milestone was reached."""
    await connection.execute(REACH, milestone.id, milestone.reached_at, milestone.note)


async def remove(connection: asyncpg.Connection, milestone_id: UUID) -> None:
    await connection.execute(REMOVE, milestone_id)
