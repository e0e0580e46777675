"""What a batch can hold: for each kind, the route that takes it.

A kind is added with its line here. What stands in braces is taken out of the body, for the address.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from services.feedback.batch.domain import is_id

KINDS: Mapping[str, tuple[str, str]] = {
    "request": ("POST", "/v1/requests"),
    "rating": ("POST", "/v1/ratings"),
    "note": ("POST", "/v1/requests/{request_id}/notes"),
    "contribution": ("POST", "/v1/contributions"),
    "proposal": ("POST", "/v1/proposals"),
    "comment": ("POST", "/v1/proposals/{proposal_id}/comments"),
    "answer": ("POST", "/v1/consultations/{consultation_id}/answers"),
    "vote": ("POST", "/v1/budgets/{budget_id}/votes"),
    "support": ("PUT", "/v1/proposals/{proposal_id}/support"),
}
MEMBER = re.compile(r"\{(\w+)\}")


class UnknownKind(ValueError):
    """A batch cannot hold this."""


class Unaddressed(ValueError):
    """The body does not say what the input belongs to."""


class Route(NamedTuple):
    """Where an input goes, and what is sent there."""

    method: str
    path: str
    body: dict[str, Any]


def route(kind: str, body: Mapping[str, Any]) -> Route:
    """The route for an input of a kind. Raises UnknownKind or Unaddressed."""
    if kind not in KINDS:
        raise UnknownKind(f"{kind[:100]!r} is none of {', '.join(sorted(KINDS))}")
    method, path = KINDS[kind]
    members = MEMBER.findall(path)
    for member in members:
        if not (isinstance(body.get(member), str) and is_id(body[member])):
            raise Unaddressed(f"body.{member} is no id")
    filled = MEMBER.sub(lambda found: str(body[found[1]]), path)
    return Route(method, filled, {name: value for name, value in body.items() if name not in members})
