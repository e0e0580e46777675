"""What a file says, before any of it is believed."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from services.catalog.entities.domain import Said


class Unreadable(ValueError):
    """A file that is not what it is said to be, or more than is taken; the message says where and why."""


class RefusedPart(NamedTuple):
    """A part of a file that cannot be taken: where it stands, of what it speaks, and why not."""

    where: str
    id: str | None
    message: str


class Reading(NamedTuple):
    """What a file says, entity by entity, which parts of it say nothing that can be taken, and why it was written.

    `keeps` are fields that stay what they are where the file does not name them.
    """

    said: Sequence[Said]
    refused: Sequence[RefusedPart] = ()
    reason: str = ""
    keeps: Collection[str] = ()


__all__ = ["Reading", "RefusedPart", "Said", "Unreadable"]
