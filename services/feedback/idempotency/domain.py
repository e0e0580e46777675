"""A key that a caller gave to a request, and the answer that belongs to it from then on."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

KEPT = timedelta(hours=24)
"""How long at least a key is remembered."""


class Claim(NamedTuple):
    """A key within its caller's scope, for a request of which `request_hash` is a digest."""

    scope: str
    key: str
    request_hash: bytes


class Answer(NamedTuple):
    """A status and a JSON object. `contributor` is whose receipt token belongs into it; it is never kept in clear."""

    status: int
    body: bytes
    contributor: UUID | None = None


class Kept(NamedTuple):
    """What is remembered of a key."""

    claim: Claim
    answer: Answer


class KeyReused(Exception):
    """The key came with another request before."""


def same_answer(kept: Kept, claim: Claim) -> Answer:
    """The first answer again. Raises KeyReused."""
    if kept.claim != claim:
        raise KeyReused(f"{claim.key!r} came with another request before")
    return kept.answer
