"""The life of a service: its states, and which may follow which."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.catalog.entities.domain import Refusal


class Status(StrEnum):
    """Where a service is in its life. It is never deleted: what citizens gave for it stays counted."""

    DRAFT = "draft"
    PILOT = "pilot"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    RETIRED = "retired"


FOLLOWING: dict[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.PILOT, Status.ACTIVE, Status.RETIRED}),
    Status.PILOT: frozenset({Status.ACTIVE, Status.SUSPENDED, Status.RETIRED}),
    Status.ACTIVE: frozenset({Status.SUSPENDED, Status.RETIRED}),
    Status.SUSPENDED: frozenset({Status.PILOT, Status.ACTIVE, Status.RETIRED}),
    Status.RETIRED: frozenset(),
}


def check_transition(before: Status, after: Status, reason: str) -> None:
    """Raises Refusal where `after` may not follow `before`, or nobody says why."""
    if after not in FOLLOWING[before]:
        allowed = ", ".join(sorted(FOLLOWING[before])) or "nothing: it is the end"
        raise Refusal("illegal-transition", "This state cannot follow", f"After {before} comes {allowed}; not {after}")
    if not reason:
        raise Refusal("no-reason", "A change of state needs a reason", f"Say why it goes from {before} to {after}")


@dataclass(frozen=True)
class Transition:
    """A change of state that is planned for a time, or has been settled: done, cancelled or refused."""

    id: UUID
    service_id: str
    status: Status
    reason: str
    planned_by: str
    planned_at: datetime
    effective_at: datetime
    state: str = "planned"
    settled_at: datetime | None = None
    note: str = ""


def check_plan(now: Status, planned: Sequence[Transition]) -> None:
    """Raises Refusal where one of the planned transitions would not be legal once those before it have happened."""
    before = now
    for transition in sorted(planned, key=lambda each: (each.effective_at, each.id)):
        check_transition(before, transition.status, transition.reason)
        before = transition.status
