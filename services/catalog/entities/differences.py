"""Two versions of an entity, compared field by field."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

MISSING: Any = None

NOT_SAID = frozenset({"version", "changed_at"})
"""What every change changes."""


class Difference(BaseModel):
    """A field that differs: where it is (`channels.web.url`), what it was, and what it is; null where it is not."""

    field: str
    before: Any
    after: Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What differs between two documents, in the order of their fields."""
    return [each for each in _compare("", before, after) if each.field not in NOT_SAID]


def _compare(at: str, before: Any, after: Any) -> Iterator[Difference]:
    if before == after:
        return
    old, new = _members(before), _members(after)
    if old is None or new is None:
        yield Difference(field=at, before=before, after=after)
        return
    for name in [*old, *(name for name in new if name not in old)]:
        yield from _compare(f"{at}.{name}" if at else name, old.get(name, MISSING), new.get(name, MISSING))


def _members(value: Any) -> Mapping[str, Any] | None:
    """What a value is made of, by name: an object's members, a list's parts by their own ids; None if it is one."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, Sequence) and value and all(isinstance(part, Mapping) and "id" in part for part in value):
        return {part["id"]: part for part in value}
    return None
