"""What events say, as observations: docs/scores.md, section 1, column for column. Pure.

Events of one batch are observed together, by type: each type has an observer, which adds columns.
"""

from collections.abc import Collection, Iterable
from typing import Any

from services.metrics.buckets.columns import Columns, Observations
from services.metrics.buckets.measures import Measure
from services.metrics.buckets.observers import OBSERVERS
from shared.contracts.base import Contract


def observe(events: Iterable[Contract], kept: Collection[Measure] = ()) -> Observations:
    """The observations of events, whatever their order; of measures on demand those kept. Raises ImplausibleTime."""
    by_type: dict[type[Contract], list[Any]] = {}
    for event in events:
        by_type.setdefault(type(event), []).append(event)
    columns = Columns(kept)
    for kind, same in by_type.items():
        OBSERVERS[kind](columns, same)
    return columns.finish()
