"""In which order the inputs of a batch are taken, and when each was given."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

AHEAD = timedelta(minutes=5)
"""How far the clock of an app may be ahead of ours; what it gives then is given now."""

LATE = timedelta(days=30)
"""How old what an app gives may be."""


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """An input with the id that its app made for it; `position` is its place in the batch."""

    position: int
    id: UUID
    kind: str
    made_at: datetime
    body: Mapping[str, Any]


class FromTheFuture(ValueError):
    """The app's clock is too far ahead."""


class TooOld(ValueError):
    """It was made too long ago."""


def given_at(made_at: datetime | None, now: datetime) -> datetime:
    """When an input counts as given. Raises FromTheFuture or TooOld."""
    if made_at is None:
        return now
    if made_at > now + AHEAD:
        raise FromTheFuture(f"{made_at} is in the future: it is {now} here")
    if made_at < now - LATE:
        raise TooOld(f"{made_at} is more than {LATE.days} days ago")
    return min(made_at.astimezone(UTC), now)


def named(body: Any) -> Iterator[str]:
    """All texts in the members of a body: among them are the ids of what it refers to."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, Mapping):
        for value in body.values():
            yield from named(value)
    elif isinstance(body, list):
        for value in body:
            yield from named(value)


def is_id(text: str) -> bool:
    """Whether a text may be the id that an app made for an input."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def filled(body: Any, known: Mapping[str, str]) -> Any:
    """A body in which the ids that the app made are those by which their inputs are known here."""
    if isinstance(body, str):
        return known.get(body, body)
    if isinstance(body, Mapping):
        return {name: filled(value, known) for name, value in body.items()}
    return [filled(value, known) for value in body] if isinstance(body, list) else body


def in_order(items: Sequence[Item]) -> list[tuple[Item, frozenset[str]]]:
    """Items with what each refers to in the batch: that comes first, and what was made first.

    Those that refer to each other in a circle come last; for one of them, something is not there yet.
    """
    ids = {str(item.id) for item in items}
    needs = {item: frozenset(ids.intersection(named(item.body)) - {str(item.id)}) for item in items}
    waiting = sorted(items, key=lambda item: (item.made_at, item.position))
    ordered: list[Item] = []
    there: set[str] = set()
    while ready := [item for item in waiting if needs[item] <= there]:
        ordered.append(ready[0])
        waiting.remove(ready[0])
        # An id that is in the batch twice is there when the first one is.
        there.add(str(ready[0].id))
    return [(item, needs[item]) for item in (*ordered, *waiting)]
