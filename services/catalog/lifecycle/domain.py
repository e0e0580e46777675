"""The life of a service: its states, and which may follow which."""

from enum import StrEnum

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
