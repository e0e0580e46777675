"""Scorecards as bodies of requests."""

import hashlib
from typing import Any

from fastapi import Request

from services.metrics.scorecards.document import LARGEST, Unreadable, read
from services.metrics.scorecards.findings import Document, Finding
from services.metrics.scorecards.handlers import Claim
from services.metrics.scorecards.schemas import finding
from services.metrics.scorecards.validation import summary
from shared.auth import Caller
from shared.problems import Problem

YAML = "application/yaml"
YAML_TYPES = (YAML, "text/yaml", "application/x-yaml", "text/x-yaml")
JSON = "application/json"
LONGEST_KEY = 255
_SCHEMA = {"type": "object", "description": "See docs/scorecards.md"}
TAKES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": _SCHEMA}, YAML: {"schema": {"type": "string", "maxLength": LARGEST}}},
    }
}
"""What OpenAPI should say of a route that takes a scorecard."""


async def document_of(request: Request) -> Document:
    """The document that a request brings. Raises a problem where it cannot be read."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != JSON and content_type not in YAML_TYPES:
        detail = f"Send it with 'Content-Type: {YAML}' or 'Content-Type: {JSON}'"
        raise Problem(415, "not-yaml", "A scorecard is YAML or JSON", detail)
    try:
        return read(await request.body(), as_json=content_type == JSON)
    except Unreadable as error:
        raise invalid([error.finding]) from error


def invalid(findings: list[Finding]) -> Problem:
    """The problem that tells all that is wrong with a scorecard."""
    errors = [{"in": "body", **finding(each).model_dump()} for each in findings]
    return Problem(422, "invalid-scorecard", "This is no scorecard yet", summary(findings), errors=errors)


async def claim_of(request: Request, caller: Caller) -> Claim | None:
    """The idempotency key of a request, for what it says; None without one."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise Problem(400, "bad-idempotency-key", "The Idempotency-Key is not usable", "1 to 255 ASCII characters")
    return Claim(f"key:{caller.key_id}", key, hashlib.sha256(await request.body()).digest())
