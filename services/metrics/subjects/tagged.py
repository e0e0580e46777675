"""JSON that callers need not be sent twice (RFC 9110, section 13.1.2)."""

from hashlib import blake2b
from typing import Any

from fastapi import Request, Response

from shared.http import matches

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "It is as the ETag says"}}
"""What OpenAPI says of it."""


def tagged(request: Request, body: bytes) -> Response:
    """The body as it stands, under a name of its own; not sent to a caller who has it."""
    headers = {"ETag": f'"{blake2b(body, digest_size=12).hexdigest()}"'}
    if matches(request.headers.get("If-None-Match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
