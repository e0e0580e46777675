"""Files that come as bodies: read up to a bound, as they are or packed."""

import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect

from shared.problems import Problem

FILE_LIMIT = 32 * 1_048_576
"""Bytes of a file, unpacked. 5,000 services with all that CPSV-AP knows have a few million."""

ANYTHING: Mapping[str, Any] = MappingProxyType({})


def takes_file(*types: str, schema: Mapping[str, Any] = ANYTHING) -> dict[str, Any]:
    """What OpenAPI should say of a route whose body is a file of one of these media types: its `openapi_extra`."""
    return {"requestBody": {"required": True, "content": {each: {"schema": dict(schema)} for each in types}}}


def gives_file(*types: str) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI should say of a route that answers with a file of one of these media types: its `responses`."""
    return {200: {"description": "The file", "content": {each: {"schema": {}} for each in types}}}


async def file_of(request: Request) -> bytes:
    """The file. Raises a Problem where it is too large, broken off, or not packed as is said."""
    packed = request.headers.get("content-encoding", "identity")
    if packed not in ("identity", "gzip"):
        raise Problem(415, "unknown-encoding", "The file is packed in a way that is not known here", packed)
    unpack = zlib.decompressobj(31) if packed == "gzip" else None
    data = bytearray()
    try:
        async for piece in request.stream():
            data += unpack.decompress(piece, FILE_LIMIT + 1 - len(data)) if unpack else piece
            if len(data) > FILE_LIMIT:
                raise Problem(413, "body-too-large", "The file is too large", f"This takes up to {FILE_LIMIT} bytes")
    except ClientDisconnect as error:
        raise Problem(400, "broke-off", "The connection ended before the file did") from error
    except zlib.error as error:
        raise Problem(422, "unreadable", "The file is not gzip", str(error)) from error
    if unpack is not None and not unpack.eof:
        raise Problem(422, "unreadable", "The file is not gzip", "it ends too early")
    return bytes(data)
