"""Observations of one batch as numpy columns: a row is (place, measure, bin, day, count, total). Pure.

A place is a service and a district of the batch, and a day counts from 1970-01-01 UTC.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from services.metrics.buckets.measures import ON_DEMAND, Measure
from services.metrics.buckets.times import DAY, Flags, Integers, months_of_days


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


class GivenBySomebody(Protocol):
    """An event of what somebody gave."""

    @property
    def contributor(self) -> str: ...


class Columns:
    """Collects observations of one batch; of measures on demand, those in `kept`."""

    def __init__(self, kept: Collection[Measure] = ()) -> None:
        self._left_out = ON_DEMAND.difference(kept)
        self._codes: dict[Place, int] = {}
        self._rows: list[tuple[Integers, ...]] = []
        self._taking_part: list[Participation] = []
        self._withdrawn: list[Participation] = []

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
        count: Integers | int = 1,
        total: Integers | Flags | int = 0,
        where: Flags | None = None,
    ) -> None:
        """One observation for each place (or those of them that `where` selects), on the day of its moment."""
        if measure in self._left_out:
            return
        rows = np.broadcast_arrays(place, int(measure), bin, moment // DAY, count, total)
        selected = rows if where is None else [column[where] for column in rows]
        self._rows.append(tuple(column.astype(np.int64) for column in selected))

    def taking_part_in(self, place: Integers, moment: Integers, events: Iterable[GivenBySomebody]) -> None:
        """Who gave each of these, in the month of its moment."""
        self._taking_part.append(_participation(place, moment, events))

    def taking_back(self, place: Integers, moment: Integers, events: Iterable[GivenBySomebody]) -> None:
        """Who gave each of these, which counts no longer."""
        self._withdrawn.append(_participation(place, moment, events))

    def finish(self) -> Observations:
        rows = self._rows or [(np.empty(0, dtype=np.int64),) * 6]
        place, measure, bin, day, count, total = map(np.concatenate, zip(*rows, strict=True))
        places = [Place(*code) for code in self._codes]
        return Observations(
            places, place, measure, bin, day, count, total, _join(self._taking_part), _join(self._withdrawn)
        )


def _participation(place: Integers, moment: Integers, events: Iterable[GivenBySomebody]) -> Participation:
    return Participation(place, months_of_days(moment // DAY), [event.contributor for event in events])


def _join(parts: Sequence[Participation]) -> Participation:
    return Participation(
        _concatenate([part.place for part in parts]),
        _concatenate([part.month for part in parts]),
        [contributor for part in parts for contributor in part.contributor],
    )


def _concatenate(columns: Sequence[Integers]) -> Integers:
    return np.concatenate(columns) if columns else np.empty(0, dtype=np.int64)
