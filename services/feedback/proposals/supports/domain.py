"""A support, and when it can be given."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.feedback.proposals.domain import UNDECIDED, Proposal, require, require_open


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """A contributor's support, given to `given_to`, which lies with `proposal_id`: another one after a merge.

    Not `counted` is the second support of somebody who supported both, or that of the author of the other one.
    """

    given_to: UUID
    contributor: str
    proposal_id: UUID
    counted: bool
    given_at: datetime
    district_id: str | None = None
    version: int | None = None
    channel: str | None = None
    campaign: str | None = None


class OwnProposal(Exception):
    """Nobody supports a proposal of their own."""


class NoSuchSupport(LookupError):
    """The contributor does not support the proposal."""


def check(proposal: Proposal, same: Collection[str]) -> None:
    """`same` is what the contributor is called, and whoever is the same person.

    Raises OwnProposal, WrongState, MergedElsewhere or IsHidden where it cannot be supported.
    """
    require_open(proposal, UNDECIDED, "supported")
    if proposal.contributor in same:
        raise OwnProposal(f"proposal {proposal.id} is your own")


def check_withdrawal(proposal: Proposal) -> None:
    """Raises WrongState or MergedElsewhere where a support cannot be taken back any more."""
    require(proposal, UNDECIDED, "supported no longer")
