"""Who looks at something: its giver and staff see it as it was given, all others as the public may."""

from typing import NamedTuple
from uuid import UUID

from fastapi import Request

from services.feedback import givers
from services.feedback.parts import Parts
from services.feedback.receipts import Receipts
from services.feedback.staff import staff_or_none


class Viewer(NamedTuple):
    """Whoever holds a receipt token or a staff member's key, or neither."""

    receipts: Receipts
    contributor: UUID | None
    staff: bool

    def is_giver(self, pseudonym: str | None, jurisdiction_id: str) -> bool:
        """Whether it was given by them."""
        return self.contributor is not None and pseudonym == self.receipts.pseudonym(self.contributor, jurisdiction_id)

    def sees_original(self, pseudonym: str | None, jurisdiction_id: str) -> bool:
        return self.staff or self.is_giver(pseudonym, jurisdiction_id)


async def viewer(request: Request, here: Parts) -> Viewer:
    """Who sends `request`. Raises ForgedToken or Erased, or a problem where an API key is wrong."""
    known = givers.identity(request)
    if known is not None:
        return Viewer(here.receipts, known.contributor, False)
    return Viewer(here.receipts, None, await staff_or_none(request) is not None)
