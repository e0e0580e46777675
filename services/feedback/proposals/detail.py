"""A proposal with all that came of it, put together from what its rooms keep."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import asyncpg

from services.feedback.media import store as media
from services.feedback.media.domain import PROPOSAL
from services.feedback.proposals import store
from services.feedback.proposals.delivery import store as milestones
from services.feedback.proposals.delivery.domain import Milestone
from services.feedback.proposals.domain import Proposal
from services.feedback.proposals.merging import store as offers
from services.feedback.proposals.schemas import Happening, MergeOffer, MilestoneView, ProposalDetail, ProposalView
from services.feedback.proposals.store import Version
from services.feedback.proposals.supports import store as supports
from services.feedback.screening import masked, public


async def of(
    connection: asyncpg.Connection, proposal: Proposal, now: datetime, *, original: bool, yours: bool
) -> ProposalDetail:
    """The whole of a proposal, as its author and staff see it, or as the public may."""
    steps = await milestones.of_proposal(connection, proposal.id)
    offered = await offers.offers(connection, proposal.id) if yours else []
    view = ProposalView.of(proposal, now, await media.of_one(connection, PROPOSAL, proposal.id), original=original)
    return ProposalDetail(
        **view.model_dump(),
        supports_since_amended=await supports.since(connection, proposal.id, proposal.version),
        supports_from_merged=await supports.from_merged(connection, proposal.id),
        progress=sum(each.reached_at is not None for each in steps) / len(steps) if steps else None,
        milestones=[milestone_view(each, now, original=original) for each in steps],
        merged_from=await store.merged_into(connection, proposal.id),
        merge_offers=[MergeOffer(**row) for row in offered],
        history=history(proposal, await store.versions(connection, proposal.id), steps),
        yours=yours,
    )


def milestone_view(milestone: Milestone, now: datetime, *, original: bool) -> MilestoneView:
    """A milestone, which is late where it is ahead of us and should not be; `original` as staff wrote it."""
    overdue = milestone.reached_at is None and milestone.planned_at < now
    return MilestoneView(
        id=milestone.id,
        title=milestone.title if original else masked(milestone.title) or milestone.title,
        planned_at=milestone.planned_at,
        reached_at=milestone.reached_at,
        note=milestone.note if original else public(milestone.note),
        overdue=overdue,
    )


def history(proposal: Proposal, versions: Sequence[Version], steps: Sequence[Milestone]) -> list[Happening]:
    """What happened, the first thing first."""
    return sorted(_happened(proposal, versions, steps), key=lambda each: each.at)


def _happened(proposal: Proposal, versions: Sequence[Version], steps: Sequence[Milestone]) -> Iterator[Happening]:
    for version in versions:
        yield Happening(at=version.at, what="published" if version.number == 1 else "amended", version=version.number)
    if proposal.qualified_at:
        yield Happening(at=proposal.qualified_at, what="qualified")
    if proposal.decided_at:
        yield Happening(at=proposal.decided_at, what="decided")
    for step in steps:
        if step.reached_at:
            yield Happening(at=step.reached_at, what="milestone_reached", milestone_id=step.id)
    if proposal.delivered_at:
        yield Happening(at=proposal.delivered_at, what="delivered")
    if proposal.merged_at:
        yield Happening(at=proposal.merged_at, what="merged")
    if proposal.withdrawn_at:
        yield Happening(at=proposal.withdrawn_at, what="withdrawn")
