"""What events say, as observations: docs/scores.md, section 1, column for column. Pure.

Events of one batch are observed together, as numpy columns: a row is (place, measure, bin, day, count, total), where
a place is a service and a district of the batch, and a day counts from 1970-01-01 UTC.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.metrics.buckets.measures import RESOLUTION_BINS, Measure
from shared.contracts.base import Contract
from shared.contracts.durations import BOUNDARIES, LONGEST
from shared.contracts.feedback import (
    RatingGiven,
    RatingWithdrawn,
    RequestAcknowledged,
    RequestAnswered,
    RequestClosed,
    RequestOpened,
    RequestReopened,
    Resolution,
)

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

MICROSECONDS = 1_000_000
DAY = 86_400 * MICROSECONDS
LAST_EXACT = 2**53
"""Up to here a double holds every whole number."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STANDS_AFTER = 30 * DAY
"""A repair counts as lasting when its request was not reopened for so long."""

_BOUNDARIES = np.array(BOUNDARIES, dtype=np.int64)


class Place(NamedTuple):
    """Where input belongs; `district_id` is empty where unknown."""

    jurisdiction_id: str
    service_id: str
    district_id: str


@dataclass(frozen=True, slots=True)
class Participation:
    """Who took part where, in a month that counts from 1970-01: three columns of equal length."""

    place: Integers
    month: Integers
    contributor: list[str]


@dataclass(frozen=True, slots=True)
class Observations:
    """All that a batch says. The six columns have equal length; `place` indexes `places`."""

    places: list[Place]
    place: Integers
    measure: Integers
    bin: Integers
    day: Integers
    count: Integers
    total: Integers
    taking_part: Participation
    withdrawn: Participation


class ImplausibleTime(ValueError):
    """An event whose times cannot be true."""


class _Columns:
    """Collects observations of one batch."""

    def __init__(self) -> None:
        self._codes: dict[Place, int] = {}
        self._rows: list[tuple[Integers, ...]] = []
        self.taking_part: list[Participation] = []
        self.withdrawn: list[Participation] = []

    def places(self, events: Iterable[Any]) -> Integers:
        """The place of each event, as a code of this batch."""
        codes = self._codes
        found = [
            codes.setdefault((e.jurisdiction_id, e.service_id, e.district_id or ""), len(codes))  # type: ignore[arg-type]
            for e in events
        ]
        return np.array(found, dtype=np.int64)

    def add(
        self,
        measure: Measure,
        place: Integers,
        moment: Integers,
        *,
        bin: Integers | int = 0,
        count: int = 1,
        total: Integers | Flags | int = 0,
        where: Flags | None = None,
    ) -> None:
        """One observation for each place (or those of them that `where` selects), on the day of its moment."""
        rows = np.broadcast_arrays(place, int(measure), bin, moment // DAY, count, total)
        selected = rows if where is None else [column[where] for column in rows]
        self._rows.append(tuple(column.astype(np.int64) for column in selected))

    def finish(self) -> Observations:
        rows = self._rows or [(np.empty(0, dtype=np.int64),) * 6]
        place, measure, bin, day, count, total = map(np.concatenate, zip(*rows, strict=True))
        places = [Place(*code) for code in self._codes]
        return Observations(
            places, place, measure, bin, day, count, total, _join(self.taking_part), _join(self.withdrawn)
        )


def observe(events: Iterable[Contract]) -> Observations:
    """The observations of events, whatever their order. Raises ImplausibleTime."""
    by_type: dict[type[Contract], list[Any]] = {}
    for event in events:
        by_type.setdefault(type(event), []).append(event)
    columns = _Columns()
    for kind, same in by_type.items():
        _OBSERVERS[kind](columns, same)
    return columns.finish()


def _instants(times: Iterable[datetime]) -> Integers:
    """Microseconds since 1970: exact, for a double holds those of 285 years each way, and others are not plausible."""
    seconds: NDArray[np.float64] = np.array([time.timestamp() for time in times])
    if seconds.size and np.abs(seconds).max() * MICROSECONDS > LAST_EXACT:
        raise ImplausibleTime("an event is centuries away")
    return np.rint(seconds * MICROSECONDS).astype(np.int64)


def _optional_instants(times: Iterable[datetime | None]) -> tuple[Integers, Flags]:
    """Microseconds since 1970, and which are known; an unknown one stands as 0."""
    values = list(times)
    known = np.array([time is not None for time in values], dtype=np.bool_)
    return _instants(EPOCH if time is None else time for time in values), known


def _seconds(start: Integers, end: Integers) -> Integers:
    """Whole seconds from start to end."""
    seconds = (end - start) // MICROSECONDS
    if seconds.size and (seconds.min() < 0 or seconds.max() > LONGEST):
        raise ImplausibleTime("an event ends before it began, or centuries later")
    return seconds


def _bins(seconds: Integers) -> Integers:
    """`shared.contracts.durations.bin_of` for a column."""
    return np.where(seconds > 0, np.searchsorted(_BOUNDARIES, seconds, side="left"), -1).astype(np.int64)


def months_of_days(days: Integers) -> Integers:
    """Months since 1970-01 of days since 1970-01-01."""
    months: Integers = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return months


def _took_part(
    place: Integers, moment: Integers, events: Iterable[RequestOpened | RatingGiven | RatingWithdrawn]
) -> Participation:
    return Participation(place, months_of_days(moment // DAY), [event.contributor for event in events])


def _join(parts: Sequence[Participation]) -> Participation:
    return Participation(
        _concatenate([part.place for part in parts]),
        _concatenate([part.month for part in parts]),
        [contributor for part in parts for contributor in part.contributor],
    )


def _concatenate(columns: Sequence[Integers]) -> Integers:
    return np.concatenate(columns) if columns else np.empty(0, dtype=np.int64)


def _opened(columns: _Columns, events: Sequence[RequestOpened]) -> None:
    place = columns.places(events)
    opened = _instants(e.opened_at for e in events)
    due, has_due = _optional_instants(e.due_at for e in events)
    answer_due, has_answer_due = _optional_instants(e.answer_due_at for e in events)
    columns.add(Measure.EVENTS, place, opened)
    columns.add(Measure.INPUTS, place, opened)
    columns.add(Measure.OPENED, place, opened, bin=has_due.astype(np.int64))
    columns.add(Measure.DUE, place, due, where=has_due)
    columns.add(Measure.ANSWERED, place, answer_due, where=has_answer_due)
    columns.taking_part.append(_took_part(place, opened, events))


def _acknowledged(columns: _Columns, events: Sequence[RequestAcknowledged]) -> None:
    columns.add(Measure.EVENTS, columns.places(events), _instants(e.acknowledged_at for e in events))


def _answered(columns: _Columns, events: Sequence[RequestAnswered]) -> None:
    place = columns.places(events)
    answered = _instants(e.answered_at for e in events)
    answer_due, has_answer_due = _optional_instants(e.answer_due_at for e in events)
    first = np.array([e.first for e in events], dtype=np.bool_)
    seconds = _seconds(_instants(e.opened_at for e in events), answered)
    in_time = first & has_answer_due & (answered <= answer_due)
    columns.add(Measure.EVENTS, place, answered)
    columns.add(Measure.TIME_TO_ANSWER, place, answered, bin=_bins(seconds), total=seconds, where=first)
    columns.add(Measure.ANSWERED, place, answer_due, count=-1, where=in_time)
    columns.add(Measure.ANSWERED, place, answered, total=1, where=in_time)


def _closed(columns: _Columns, events: Sequence[RequestClosed]) -> None:
    place = columns.places(events)
    columns.add(Measure.EVENTS, place, _instants(e.closed_at for e in events))
    _closings(columns, place, events, sign=1)


def _reopened(columns: _Columns, events: Sequence[RequestReopened]) -> None:
    """A reopened request takes its closing back; whether the repair lasted is known either way."""
    place = columns.places(events)
    reopened = _instants(e.reopened_at for e in events)
    closed = _instants(e.closed_at for e in events)
    _seconds(closed, reopened)
    lasted = reopened - closed > STANDS_AFTER
    resolved = np.array([e.resolution == Resolution.RESOLVED for e in events], dtype=np.bool_)
    columns.add(Measure.EVENTS, place, reopened)
    _closings(columns, place, events, sign=-1)
    columns.add(Measure.FIRST_TIME_FIX, place, reopened, where=resolved & ~lasted)
    columns.add(Measure.FIRST_TIME_FIX, place, closed + STANDS_AFTER, total=1, where=resolved & lasted)


def _closings(columns: _Columns, place: Integers, events: Sequence[RequestClosed | RequestReopened], sign: int) -> None:
    """All that closings add to their buckets, or with sign -1 take back."""
    closed = _instants(e.closed_at for e in events)
    due, has_due = _optional_instants(e.due_at for e in events)
    seconds = _seconds(_instants(e.opened_at for e in events), closed)
    resolution = np.array([RESOLUTION_BINS[e.resolution] for e in events], dtype=np.int64)
    resolved = resolution == RESOLUTION_BINS[Resolution.RESOLVED]
    columns.add(Measure.RESOLUTION, place, closed, bin=resolution, count=sign)
    columns.add(Measure.TIME_TO_CLOSE, place, closed, bin=_bins(seconds), count=sign, total=sign * seconds)
    columns.add(Measure.ON_TIME, place, closed, count=sign, total=sign * (closed <= due), where=has_due)
    columns.add(Measure.DUE_CLOSED, place, np.maximum(closed, due), count=sign, where=has_due)
    columns.add(Measure.FIRST_TIME_FIX, place, closed + STANDS_AFTER, count=sign, total=sign, where=resolved)


def _given(columns: _Columns, events: Sequence[RatingGiven]) -> None:
    place = columns.places(events)
    given = _instants(e.given_at for e in events)
    value = np.array([e.value for e in events], dtype=np.int64)
    columns.add(Measure.EVENTS, place, given)
    columns.add(Measure.INPUTS, place, given)
    columns.add(Measure.RATING, place, given, bin=value, total=value)
    columns.taking_part.append(_took_part(place, given, events))
    replacing = [e for e in events if e.replaces is not None]
    if replacing:
        _replaced(columns, replacing)


def _replaced(columns: _Columns, events: Sequence[RatingGiven]) -> None:
    """A replaced rating's value no longer counts, where and when it was given; it stays an input."""
    replaced = [e.replaces for e in events if e.replaces is not None]
    where = [Place(e.jurisdiction_id, e.service_id, r.district_id or "") for e, r in zip(events, replaced, strict=True)]
    value = np.array([r.value for r in replaced], dtype=np.int64)
    given = _instants(r.given_at for r in replaced)
    columns.add(Measure.RATING, columns.places(where), given, bin=value, count=-1, total=-value)


def _withdrawn(columns: _Columns, events: Sequence[RatingWithdrawn]) -> None:
    place = columns.places(events)
    given = _instants(e.given_at for e in events)
    value = np.array([e.value for e in events], dtype=np.int64)
    columns.add(Measure.EVENTS, place, _instants(e.withdrawn_at for e in events))
    columns.add(Measure.INPUTS, place, given, count=-1)
    columns.add(Measure.RATING, place, given, bin=value, count=-1, total=-value)
    columns.withdrawn.append(_took_part(place, given, events))


_OBSERVERS: dict[type[Contract], Callable[[_Columns, Any], None]] = {
    RequestOpened: _opened,
    RequestAcknowledged: _acknowledged,
    RequestAnswered: _answered,
    RequestClosed: _closed,
    RequestReopened: _reopened,
    RatingGiven: _given,
    RatingWithdrawn: _withdrawn,
}
