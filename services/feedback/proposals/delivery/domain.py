"""The steps from a decision to what was decided."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.feedback.proposals.domain import Proposal, State, WrongState, require, step_time
from services.feedback.requests.domain import ImpossibleTime

ACCEPTED = frozenset({"accepted", "partly_accepted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """A step of the delivery, planned for a day, reached or not."""

    id: UUID
    proposal_id: UUID
    title: str
    planned_at: datetime
    reached_at: datetime | None = None
    note: str | None = None


class NoSuchMilestone(LookupError):
    """The proposal has no milestone of this id."""


class MilestonesLeft(Exception):
    """Not all milestones are reached yet."""


def require_accepted(proposal: Proposal, wish: str) -> datetime:
    """When it was accepted. Raises WrongState or MergedElsewhere where it was not, or is delivered already."""
    require(proposal, frozenset({State.DECIDED}), wish)
    if proposal.decision not in ACCEPTED or proposal.decided_at is None:
        raise WrongState(f"proposal {proposal.id} was declined and cannot be {wish}")
    return proposal.decided_at


def plan(proposal: Proposal, milestone: Milestone) -> Milestone:
    """A new milestone; not planned for before the decision. Raises WrongState or ImpossibleTime."""
    decided_at = require_accepted(proposal, "planned")
    if milestone.planned_at < decided_at:
        raise ImpossibleTime(f"{milestone.planned_at} is before the decision, {decided_at}")
    return milestone


def reach(proposal: Proposal, milestone: Milestone, at: datetime | None, note: str | None, now: datetime) -> Milestone:
    """A milestone is done, once. Raises WrongState or ImpossibleTime."""
    decided_at = require_accepted(proposal, "carried on")
    require_ahead(milestone)
    return replace(milestone, reached_at=step_time(at, decided_at, now), note=note)


def require_ahead(milestone: Milestone) -> None:
    """Raises WrongState where a milestone is behind us."""
    if milestone.reached_at is not None:
        raise WrongState(f"milestone {milestone.id} was reached at {milestone.reached_at}")


def deliver(proposal: Proposal, milestones: Sequence[Milestone], at: datetime | None, now: datetime) -> Proposal:
    """What was decided is there. Raises WrongState, ImpossibleTime or MilestonesLeft."""
    decided_at = require_accepted(proposal, "delivered")
    left = [each.title for each in milestones if each.reached_at is None]
    if left:
        raise MilestonesLeft(f"still ahead: {', '.join(left)}. Reach them, or remove what was given up")
    last = max((each.reached_at for each in milestones if each.reached_at), default=decided_at)
    return replace(proposal, state=State.DELIVERED, delivered_at=step_time(at, last, now))
