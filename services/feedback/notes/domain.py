"""Something added to a request: by staff, for all or for staff alone; or by a citizen, for all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.feedback.media.domain import Picture
from services.feedback.requests.domain import CLOCK_TOLERANCE, ImpossibleTime, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """By staff (`author`) or a citizen (`contributor`, a pseudonym).

    `state` is the one that the request was moved to with it; `contact` is of a citizen who wrote by way of another
    platform.
    """

    id: UUID
    request_id: UUID
    at: datetime
    text: str
    private: bool = False
    author: str | None = None
    contributor: str | None = None
    state: str | None = None
    media_urls: Sequence[str] = ()
    contact: Mapping[str, str] = field(default_factory=dict)
    channel: str | None = None
    campaign: str | None = None
    media: Sequence[Picture] = ()


class NoSuchNote(LookupError):
    """There is no note of this id."""


def note_time(request: Request, at: datetime | None, now: datetime) -> datetime:
    """When a note was made: what is said to be before the request was opened, was made when it was.

    Raises ImpossibleTime for one from the future.
    """
    if at is not None and at > now + CLOCK_TOLERANCE:
        raise ImpossibleTime(f"{at} is in the future")
    return max(at or now, request.opened_at)
