"""What happened to supports, as the events that others learn of."""

from datetime import datetime

from services.feedback.places import home
from services.feedback.proposals.domain import Proposal
from services.feedback.proposals.supports.domain import Support
from shared.contracts.feedback import TOPIC, Because, SupportGiven, SupportWithdrawn
from shared.outbox.append import Outgoing, outgoing


def given(proposal: Proposal, support: Support) -> Outgoing:
    """Somebody supports a proposal."""
    contract = SupportGiven(
        **home(proposal),
        district_id=support.district_id,
        proposal_id=str(support.given_to),
        contributor=support.contributor,
        given_at=support.given_at,
        channel=support.channel,
        campaign=support.campaign,
    )
    return outgoing(TOPIC, proposal.service_id, contract, support.given_at)


def withdrawn(proposal: Proposal, support: Support, because: Because, at: datetime) -> Outgoing:
    """A support counts as if it had never been given; it is told of the proposal that it was given to."""
    contract = SupportWithdrawn(
        **home(proposal),
        district_id=support.district_id,
        proposal_id=str(support.given_to),
        contributor=support.contributor,
        given_at=support.given_at,
        withdrawn_at=max(at, support.given_at),
        because=because,
        channel=support.channel,
    )
    return outgoing(TOPIC, proposal.service_id, contract, max(at, support.given_at))
