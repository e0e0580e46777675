"""What events of service requests say."""

from collections.abc import Sequence

import numpy as np

from services.metrics.buckets.columns import Columns, Place
from services.metrics.buckets.measures import RESOLUTION_BINS, Measure
from services.metrics.buckets.observers.observer import Observers, done_in_time, flags, noted, owed
from services.metrics.buckets.times import DAY, Integers, bins, instants, optional_instants, seconds_between
from shared.contracts.feedback import (
    RequestAcknowledged,
    RequestAnswered,
    RequestClosed,
    RequestErased,
    RequestOpened,
    RequestProgressed,
    RequestReopened,
    Resolution,
    UndoneClosing,
)

STANDS_AFTER = 30 * DAY
"""A repair counts as lasting when its request was not reopened for so long."""


def _opened(columns: Columns, events: Sequence[RequestOpened]) -> None:
    place = columns.places(events)
    opened = instants(e.opened_at for e in events)
    columns.add(Measure.EVENTS, place, opened)
    columns.taking_part_in(place, opened, events)
    _openings(columns, place, opened, events, sign=1)


def _openings(
    columns: Columns, place: Integers, opened: Integers, events: Sequence[RequestOpened | RequestErased], sign: int
) -> None:
    due, has_due = optional_instants(e.due_at for e in events)
    answer_due, has_answer_due = optional_instants(e.answer_due_at for e in events)
    columns.add(Measure.INPUTS, place, opened, count=sign)
    columns.add(Measure.OPENED, place, opened, bin=has_due.astype(np.int64), count=sign)
    columns.add(Measure.DUE, place, due, count=sign, where=has_due)
    owed(columns, Measure.ANSWERED, place, answer_due, sign=sign, where=has_answer_due)


def _answered(columns: Columns, events: Sequence[RequestAnswered]) -> None:
    columns.add(Measure.EVENTS, columns.places(events), instants(e.answered_at for e in events))
    first = [e for e in events if e.first]
    opened, answered = (instants(getattr(e, name) for e in first) for name in ("opened_at", "answered_at"))
    _first_answers(columns, columns.places(first), opened, answered, first, sign=1)


def _first_answers(
    columns: Columns,
    place: Integers,
    opened: Integers,
    answered: Integers,
    events: Sequence[RequestAnswered | RequestErased],
    sign: int,
) -> None:
    answer_due, has_answer_due = optional_instants(e.answer_due_at for e in events)
    seconds = seconds_between(opened, answered)
    columns.add(Measure.TIME_TO_ANSWER, place, answered, bin=bins(seconds), count=sign, total=sign * seconds)
    done_in_time(columns, Measure.ANSWERED, place, answer_due, answered, sign=sign, where=has_answer_due)


def _closed(columns: Columns, events: Sequence[RequestClosed]) -> None:
    place = columns.places(events)
    columns.add(Measure.EVENTS, place, instants(e.closed_at for e in events))
    _closings(columns, place, events, sign=1)


def _reopened(columns: Columns, events: Sequence[RequestReopened]) -> None:
    """A reopened request takes its closing back; whether the repair lasted is known either way."""
    place = columns.places(events)
    columns.add(Measure.EVENTS, place, instants(e.reopened_at for e in events))
    _closings(columns, place, events, sign=-1)
    _repairs(columns, place, events, sign=1)


def _closings(
    columns: Columns, place: Integers, events: Sequence[RequestClosed | RequestReopened | RequestErased], sign: int
) -> None:
    """All that closings add to their buckets, or with sign -1 take back; each of the events has one."""
    closed = instants(e.closed_at for e in events if e.closed_at is not None)
    due, has_due = optional_instants(e.due_at for e in events)
    seconds = seconds_between(instants(e.opened_at for e in events), closed)
    resolution = np.array([RESOLUTION_BINS[e.resolution] for e in events if e.resolution is not None], dtype=np.int64)
    resolved = resolution == RESOLUTION_BINS[Resolution.RESOLVED]
    columns.add(Measure.RESOLUTION, place, closed, bin=resolution, count=sign)
    columns.add(Measure.TIME_TO_CLOSE, place, closed, bin=bins(seconds), count=sign, total=sign * seconds)
    columns.add(Measure.ON_TIME, place, closed, count=sign, total=sign * (closed <= due), where=has_due)
    late = has_due & (closed > due)
    seconds = seconds_between(due[late], closed[late])
    columns.add(Measure.LATENESS, place[late], closed[late], bin=bins(seconds), count=sign, total=sign * seconds)
    columns.add(Measure.DUE_CLOSED, place, np.maximum(closed, due), count=sign, where=has_due)
    columns.add(Measure.FIRST_TIME_FIX, place, closed + STANDS_AFTER, count=sign, total=sign, where=resolved)


def _repairs(columns: Columns, place: Integers, undone: Sequence[RequestReopened | UndoneClosing], sign: int) -> None:
    """What stays known of repairs whose closing was undone: that they lasted, or that they did not."""
    reopened = instants(e.reopened_at for e in undone)
    closed = instants(e.closed_at for e in undone)
    seconds_between(closed, reopened)
    lasted = reopened - closed > STANDS_AFTER
    resolved = flags([e.resolution == Resolution.RESOLVED for e in undone])
    columns.add(Measure.FIRST_TIME_FIX, place, reopened, count=sign, where=resolved & ~lasted)
    columns.add(Measure.FIRST_TIME_FIX, place, closed + STANDS_AFTER, count=sign, total=sign, where=resolved & lasted)


def _erased(columns: Columns, events: Sequence[RequestErased]) -> None:
    """Everything that a request ever added is taken back, except that its events were events."""
    place = columns.places(events)
    opened = instants(e.opened_at for e in events)
    columns.add(Measure.EVENTS, place, instants(e.erased_at for e in events))
    columns.taking_back(place, opened, events)
    _openings(columns, place, opened, events, sign=-1)
    answered, was_answered = optional_instants(e.first_answered_at for e in events)
    with_answer = [e for e in events if e.first_answered_at is not None]
    parts = (place[was_answered], opened[was_answered], answered[was_answered])
    _first_answers(columns, *parts, with_answer, sign=-1)
    closed = [e for e in events if e.closed_at is not None]
    _closings(columns, columns.places(closed), closed, sign=-1)
    undone = [(Place(e.jurisdiction_id, e.service_id, e.district_id or ""), u) for e in events for u in e.undone]
    _repairs(columns, columns.places(where for where, _ in undone), [each for _, each in undone], sign=-1)


OBSERVERS: Observers = {
    RequestOpened: _opened,
    RequestAcknowledged: noted("acknowledged_at"),
    RequestProgressed: noted("progressed_at"),
    RequestAnswered: _answered,
    RequestClosed: _closed,
    RequestReopened: _reopened,
    RequestErased: _erased,
}
