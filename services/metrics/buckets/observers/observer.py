"""What an observer is, and what several of them share."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from services.metrics.buckets.columns import Columns
from services.metrics.buckets.measures import Measure
from services.metrics.buckets.times import Flags, Integers, instants
from shared.contracts.base import Contract

Observer = Callable[[Columns, Any], None]
"""Adds what events of one type say."""

Observers = dict[type[Contract], Observer]


class Placed(Protocol):
    """An event that belongs to a service."""

    jurisdiction_id: str
    service_id: str
    district_id: str | None


def noted(moment: str) -> Observer:
    """The observer of events that are counted as events and as nothing else, at the time in this member."""

    def observe(columns: Columns, events: Sequence[Any]) -> None:
        columns.add(Measure.EVENTS, columns.places(events), instants(getattr(event, moment) for event in events))

    return observe


def owed(
    columns: Columns, measure: Measure, place: Integers, due: Integers, *, sign: int = 1, where: Flags | None = None
) -> None:
    """Something was promised by a time: until it is done, it counts as missed from then on."""
    columns.add(measure, place, due, count=sign, where=where)


def done_in_time(
    columns: Columns,
    measure: Measure,
    place: Integers,
    due: Integers,
    done: Integers,
    *,
    sign: int = 1,
    where: Flags | None = None,
) -> None:
    """What was owed was done by its time: its outcome is known from the day it was done. Later, nothing changes."""
    in_time = done <= due if where is None else where & (done <= due)
    columns.add(measure, place, due, count=-sign, where=in_time)
    columns.add(measure, place, done, count=sign, total=sign, where=in_time)


def flags(values: Sequence[object]) -> Flags:
    """Which values are true."""
    return np.array([bool(value) for value in values], dtype=np.bool_)
