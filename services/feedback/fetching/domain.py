"""Addresses of pictures, and what becomes of them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

State = Literal["waiting", "fetched", "given_up"]
Reason = Literal[
    "malformed-address", "forbidden-address", "redirected", "refused", "file-too-large", "not-a-picture",
    "damaged-picture", "too-many-pixels", "too-many-pictures", "unreachable", "too-slow", "fault",
]  # fmt: skip
"""Why an address has brought no picture, for programs."""

PAUSES = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
"""Between attempts, where the fault may pass; after the last one it is given up."""

LEASE = timedelta(minutes=10)
"""After so long, an attempt of which nothing was heard is made again."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address that is being fetched, for a request, or for a note on it or an answer to it."""

    id: UUID
    request_id: UUID
    note_id: UUID | None
    answer_id: UUID | None
    url: str
    host: str
    attempts: int


class NoPicture(Exception):
    """The address brings none, however often it is asked."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class NotNow(Exception):
    """It may bring one later."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def pause(attempts: int) -> timedelta | None:
    """How long to wait after so many attempts; None: no longer."""
    return PAUSES[attempts - 1] if attempts <= len(PAUSES) else None
