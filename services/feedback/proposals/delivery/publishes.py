"""What happened on the way from a decision to its delivery, as the events that others learn of."""

from services.feedback.places import place
from services.feedback.proposals.delivery.domain import Milestone
from services.feedback.proposals.domain import Proposal
from shared.contracts.feedback import TOPIC, MilestoneReached
from shared.outbox.append import Outgoing, outgoing


def reached(proposal: Proposal, milestone: Milestone) -> Outgoing:
    """A step is done. ValueError for one that is ahead."""
    if milestone.reached_at is None:
        raise ValueError(f"milestone {milestone.id} is not reached")
    contract = MilestoneReached(
        **place(proposal),
        proposal_id=str(proposal.id),
        milestone_id=str(milestone.id),
        reached_at=milestone.reached_at,
        planned_at=milestone.planned_at,
    )
    return outgoing(TOPIC, proposal.service_id, contract, milestone.reached_at)
