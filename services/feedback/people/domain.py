"""Who sends a request, where they show it."""

from typing import NamedTuple
from uuid import UUID


class Identity(NamedTuple):
    """A contributor who showed who they are. `mark` is what is kept of them once they are erased."""

    contributor: UUID
    mark: str
    account: bool = False


class Erased(Exception):
    """All that they gave was erased, and who they were is not known here any longer."""
