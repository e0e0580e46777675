"""What a batch can hold: for each kind, the route that takes it.

A kind is added with its line here. What stands in braces is taken out of the body, for the address.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

KINDS: Mapping[str, str] = {
    "request": "/v1/requests",
    "rating": "/v1/ratings",
    "note": "/v1/requests/{request_id}/notes",
    "contribution": "/v1/contributions",
}
MEMBER = re.compile(r"\{(\w+)\}")


class UnknownKind(ValueError):
    """A batch cannot hold this."""


class Unaddressed(ValueError):
    """The body does not say what the input belongs to."""


def route(kind: str, body: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Where an input of a kind goes, and what is sent there. Raises UnknownKind or Unaddressed."""
    if kind not in KINDS:
        raise UnknownKind(f"{kind[:100]!r} is none of {', '.join(sorted(KINDS))}")
    members = MEMBER.findall(KINDS[kind])
    for member in members:
        if not isinstance(body.get(member), str) or not body[member]:
            raise Unaddressed(f"body.{member} is missing")
    path = MEMBER.sub(lambda found: quote(body[found[1]], safe=""), KINDS[kind])
    return path, {name: value for name, value in body.items() if name not in members}
