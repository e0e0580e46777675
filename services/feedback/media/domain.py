"""Pictures, and why one is not taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, NamedTuple
from uuid import UUID

TYPE: Literal["image/jpeg"] = "image/jpeg"
"""What every picture is kept as, whatever it came as."""

MOST = 10
"""Pictures that are given at once, with a request or in one upload."""

MOST_OF_ONE = 50
"""Pictures that one request, or whatever else has some, can come to have."""

UNATTACHED_FOR = timedelta(days=1)
"""How long a picture waits to be attached to something."""

REQUEST, NOTE, ANSWER, PROPOSAL, CONTRIBUTION = "request", "note", "answer", "proposal", "contribution"
"""Kinds of what a picture can belong to; moderation calls them so as well."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is kept; its size is that of the larger of its two versions, in pixels."""

    id: UUID
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Decoded:
    """What was made of a file: two JPEG files without anything but the picture."""

    width: int
    height: int
    full: bytes
    thumbnail: bytes


class Attachment(NamedTuple):
    """What is to belong to what; `contributor` is the pseudonym of who gave it, None for staff."""

    kind: str
    owner_id: UUID
    contributor: str | None
    pictures: Sequence[UUID]


class NotAPicture(ValueError):
    """The file is of no kind that is taken."""


class DamagedPicture(ValueError):
    """The file begins as a picture, and cannot be read to its end."""


class TooManyPixels(ValueError):
    """The picture would be larger than any camera's."""


class TooLong(ValueError):
    """The file has more bytes than are taken."""


class UnusableMedia(ValueError):
    """What is to be attached is not there, belongs to something already, or was uploaded by somebody else."""


class NoSuchMedia(LookupError):
    """There is no picture of this id, or nothing that it belongs to yet."""


class HiddenMedia(Exception):
    """Moderation hides the picture."""
