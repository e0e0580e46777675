"""Lists page by cursor: `{"items": [...], "next": cursor or null}`. A cursor is opaque to whoever holds it."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from shared.problems import Problem

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=1_000, description="Most items of a page")]
Cursor = Annotated[str | None, Query(max_length=1_000, description="The `next` of the page before")]


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: Sequence[T]
    next: str | None


def encode_cursor(*values: Any) -> str:
    """A cursor that stands for the sort key of the last item of a page."""
    return base64.urlsafe_b64encode(json.dumps(values, default=str).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> list[Any]:
    """The `length` values of a cursor. Raises a problem where it is none of ours."""
    try:
        values = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        values = None
    if not isinstance(values, list) or len(values) != length:
        raise Problem(400, "bad-cursor", "The cursor is not one that this list gave out")
    return values


def decode_id(cursor: str | None) -> UUID | None:
    """The id that a cursor of a list in the order of ids stands for; None for the first page. Raises as above."""
    if cursor is None:
        return None
    try:
        return UUID(decode_cursor(cursor, 1)[0])
    except (ValueError, AttributeError, TypeError) as error:
        raise Problem(400, "bad-cursor", "The cursor is not one that this list gave out") from error
