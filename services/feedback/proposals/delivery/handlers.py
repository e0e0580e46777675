"""What can be done about the delivery of a proposal. The proposal is locked first: its milestones take turns."""

from datetime import datetime
from uuid import UUID

import asyncpg

from services.feedback.proposals import store as proposals
from services.feedback.proposals.delivery import domain, publishes, store
from services.feedback.proposals.delivery.domain import Milestone, NoSuchMilestone
from services.feedback.proposals.domain import Proposal
from services.feedback.proposals.handlers import Changed, locked
from services.feedback.proposals.publishes import delivered
from shared.outbox.append import Outgoing


async def plan(connection: asyncpg.Connection, milestone: Milestone) -> Milestone:
    """Adds a milestone."""
    proposal = await locked(connection, milestone.proposal_id)
    await store.insert(connection, domain.plan(proposal, milestone))
    return milestone


async def reach(
    connection: asyncpg.Connection,
    proposal_id: UUID,
    milestone_id: UUID,
    at: datetime | None,
    note: str | None,
    now: datetime,
) -> tuple[Milestone, Outgoing]:
    """A milestone is done."""
    proposal, milestone = await _milestone(connection, proposal_id, milestone_id)
    reached = domain.reach(proposal, milestone, at, note, now)
    await store.reach(connection, reached)
    return reached, publishes.reached(proposal, reached)


async def remove(connection: asyncpg.Connection, proposal_id: UUID, milestone_id: UUID) -> None:
    """A milestone that was not reached is given up."""
    proposal, milestone = await _milestone(connection, proposal_id, milestone_id)
    domain.require_accepted(proposal, "planned")
    domain.require_ahead(milestone)
    await store.remove(connection, milestone_id)


async def _milestone(
    connection: asyncpg.Connection, proposal_id: UUID, milestone_id: UUID
) -> tuple[Proposal, Milestone]:
    proposal = await locked(connection, proposal_id)
    milestones = {each.id: each for each in await store.of_proposal(connection, proposal_id)}
    if milestone_id not in milestones:
        raise NoSuchMilestone(f"{milestone_id}")
    return proposal, milestones[milestone_id]


async def deliver(connection: asyncpg.Connection, proposal_id: UUID, at: datetime | None, now: datetime) -> Changed:
    """What was decided is there."""
    before = await locked(connection, proposal_id)
    after = domain.deliver(before, await store.of_proposal(connection, proposal_id), at, now)
    await proposals.save(connection, before, after)
    return Changed(after, [delivered(after)])
