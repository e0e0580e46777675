"""What each kind of input lets its giver do with all that they gave."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from shared.outbox.append import Outgoing


class Erased(NamedTuple):
    """How many inputs are gone, and the events that say so; a draft was never counted and has none."""

    inputs: int
    events: Sequence[Outgoing]


class Giving(NamedTuple):
    """A kind of input, by its name in an export, such as `requests`.

    `export(connection, contributors)` tells all that is kept of what these pseudonyms gave, as JSON members, the
    oldest first. `erase(connection, contributors, most, at)` deletes up to so many of their inputs with all that
    belongs to each, locked in the order of their ids, and is called again until it finds none.
    """

    name: str
    export: Callable[[asyncpg.Connection, Sequence[str]], Awaitable[list[dict[str, Any]]]]
    erase: Callable[[asyncpg.Connection, Sequence[str], int, datetime], Awaitable[Erased]]
