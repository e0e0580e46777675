"""What happened to proposals, as the events that others learn of. None carries text, a place or a name."""

from datetime import datetime

from services.feedback.places import place
from services.feedback.proposals.domain import Proposal
from shared.contracts.base import Contract
from shared.contracts.feedback import (
    TOPIC,
    Because,
    Decision,
    ProposalDecided,
    ProposalDelivered,
    ProposalMerged,
    ProposalPublished,
    ProposalQualified,
    ProposalWithdrawn,
)
from shared.outbox.append import Outgoing, outgoing


def _told(proposal: Proposal, contract: Contract, at: datetime) -> Outgoing:
    return outgoing(TOPIC, proposal.service_id, contract, at)


def _known(at: datetime | None, proposal: Proposal) -> datetime:
    if at is None:
        raise ValueError(f"proposal {proposal.id} is {proposal.state}")
    return at


def published(proposal: Proposal) -> Outgoing:
    """It is there for everybody. ValueError for a draft, as for the other events where their step was not made."""
    at = _known(proposal.published_at, proposal)
    contract = ProposalPublished(
        **place(proposal),
        proposal_id=str(proposal.id),
        contributor=proposal.contributor or "",
        given_at=at,
        channel=proposal.channel,
        campaign=proposal.campaign,
    )
    return _told(proposal, contract, at)


def qualified(proposal: Proposal) -> Outgoing:
    """The city owes a decision from now on."""
    at = _known(proposal.qualified_at, proposal)
    contract = ProposalQualified(
        **place(proposal),
        proposal_id=str(proposal.id),
        published_at=_known(proposal.published_at, proposal),
        qualified_at=at,
        decision_due_at=_known(proposal.decision_due_at, proposal),
    )
    return _told(proposal, contract, at)


def decided(proposal: Proposal) -> Outgoing:
    """The city decided."""
    at = _known(proposal.decided_at, proposal)
    contract = ProposalDecided(
        **place(proposal),
        proposal_id=str(proposal.id),
        published_at=_known(proposal.published_at, proposal),
        decided_at=at,
        decision=Decision(proposal.decision or ""),
        decision_due_at=proposal.decision_due_at,
    )
    return _told(proposal, contract, at)


def delivered(proposal: Proposal) -> Outgoing:
    """What was decided is there."""
    at = _known(proposal.delivered_at, proposal)
    contract = ProposalDelivered(
        **place(proposal),
        proposal_id=str(proposal.id),
        decided_at=_known(proposal.decided_at, proposal),
        delivered_at=at,
    )
    return _told(proposal, contract, at)


def merged(proposal: Proposal) -> Outgoing:
    """It goes on in another one."""
    at = _known(proposal.merged_at, proposal)
    contract = ProposalMerged(
        **place(proposal),
        proposal_id=str(proposal.id),
        into_id=str(proposal.merged_into),
        published_at=_known(proposal.published_at, proposal),
        merged_at=at,
        decision_due_at=proposal.decision_due_at,
    )
    return _told(proposal, contract, at)


def withdrawn(proposal: Proposal, because: Because, at: datetime) -> Outgoing:
    """It counts as if it had never been made; `proposal` still has its contributor."""
    merged = proposal.merged_at is not None
    contract = ProposalWithdrawn(
        **place(proposal),
        proposal_id=str(proposal.id),
        contributor=proposal.contributor or "",
        given_at=_known(proposal.published_at, proposal),
        withdrawn_at=at,
        because=because,
        channel=proposal.channel,
        decision_due_at=None if merged else proposal.decision_due_at,
        decided_at=proposal.decided_at,
    )
    return _told(proposal, contract, at)
