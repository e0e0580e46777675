"""What events say, as observations: docs/scores.md, section 1, column for column. Pure.

Events of one batch are observed together, by type: each type has an observer, which adds columns.
"""

from collections.abc import Iterable
from typing import Any

from services.metrics.buckets.columns import Columns, Observations, Places
from services.metrics.buckets.observers import OBSERVERS
from shared.contracts.base import Contract


def observe(events: Iterable[Contract], places: Places | None = None) -> Observations:
    """The observations of events, whatever their order; `places` numbers theirs. Raises ImplausibleTime."""
    by_type: dict[type[Contract], list[Any]] = {}
    for event in events:
        by_type.setdefault(type(event), []).append(event)
    columns = Columns(Places() if places is None else places)
    for kind, same in by_type.items():
        OBSERVERS[kind](columns, same)
    return columns.finish()
