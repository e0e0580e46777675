"""What whoever is invited to rate is told."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class InvitationView(BaseModel):
    """An invitation, as its holder sees it."""

    model_config = ConfigDict(from_attributes=True)

    request_id: UUID
    service_id: str
    made_at: datetime
    state: Literal["open", "used", "void"]


class MyInvitation(InvitationView):
    """An open invitation, with the token that is given back with the rating."""

    token: str
