"""An invitation to rate what came of a request. It serves once, and only while the request stays closed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """`contributor` is the pseudonym of whoever made the request: a rating with this invitation is theirs."""

    id: UUID
    request_id: UUID
    jurisdiction_id: str
    service_id: str
    district_id: str | None
    contributor: str
    made_at: datetime
    used_at: datetime | None = None
    void_at: datetime | None = None

    @property
    def state(self) -> str:
        if self.used_at is not None:
            return "used"
        return "open" if self.void_at is None else "void"


class NoSuchInvitation(LookupError):
    """The invitation is gone with its request."""


class InvitationSpent(Exception):
    """The invitation was used, or its request is open again."""


def check_open(invitation: Invitation) -> None:
    """Raises InvitationSpent."""
    if invitation.used_at is not None:
        raise InvitationSpent(f"it was used at {invitation.used_at:%Y-%m-%d %H:%M} UTC")
    if invitation.void_at is not None:
        raise InvitationSpent("the request was reopened; there will be another invitation when it is closed again")
