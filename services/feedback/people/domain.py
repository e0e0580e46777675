"""Who sends a request, where they show it."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Identity(NamedTuple):
    """A contributor who showed who they are. `mark` is what is kept of them once they are erased.

    `signed_in_at` is set for one with an account.
    """

    contributor: UUID
    mark: str
    signed_in_at: datetime | None = None


class Person(NamedTuple):
    """A contributor with an account, and what their provider says of them."""

    contributor: UUID
    issuer: str
    subject: str
    email: str | None
    language: str | None
    created_at: datetime


class Erased(Exception):
    """All that they gave was erased, and who they were is not known here any longer."""


class JoinedElsewhere(Exception):
    """The receipt token has been joined to somebody else's account."""
