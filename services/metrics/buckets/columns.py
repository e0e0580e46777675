"""Observations of one batch as numpy columns: a row is (place, measure, bin, day, count, total). Pure.

A place is a service and a district of the batch, and a day counts from 1970-01-01 UTC.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

import numpy as np

from services.metrics.buckets.measures import Measure
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
    """All that a batch says. The six columns have equal length, and kinds as small as they may be; `place` indexes
    `places`.
    """

    places: Sequence[Place]
    place: Integers
    measure: Integers
    bin: Integers
    day: Integers
    count: Integers
    total: Integers
    taking_part: Participation
    withdrawn: Participation


KINDS: dict[str, type[np.integer[Any]]] = {
    "place": np.int32,
    "measure": np.int8,
    "bin": np.int16,
    "day": np.int32,
    "count": np.int32,
    "total": np.int64,
}


class GivenBySomebody(Protocol):
    """An event of what somebody gave."""

    @property
    def contributor(self) -> str: ...


class Places(Sequence[Place]):
    """Places, numbered in the order in which they come: the same number always means the same place."""

    def __init__(self) -> None:
        self._found: list[Place] = []
        self._numbers = _Numbers(self._found)

    def of(self, events: Iterable[Any]) -> Integers:
        """The number of each event's place."""
        return np.fromiter(map(self._numbers.__getitem__, map(_PLACE, events)), dtype=np.int64)

    def __getitem__(self, number: Any) -> Any:
        return self._found[number]

    def __len__(self) -> int:
        return len(self._found)


class _Numbers(dict[tuple[str, str, str | None], int]):
    def __init__(self, found: list[Place]) -> None:
        self._found = found

    def __missing__(self, key: tuple[str, str, str | None]) -> int:
        jurisdiction_id, service_id, district_id = key
        if district_id is None:
            return self[jurisdiction_id, service_id, ""]
        if any("\0" in name for name in (jurisdiction_id, service_id, district_id)):
            raise ValueError("a name holds NUL, which PostgreSQL cannot store")
        self[key] = len(self._found)
        self._found.append(Place(jurisdiction_id, service_id, district_id))
        return self[key]


_PLACE = attrgetter("jurisdiction_id", "service_id", "district_id")


class Columns:
    """Collects the observations of events; their places are numbered by `places`."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._rows: list[tuple[Integers, ...]] = []
        self._taking_part: list[Participation] = []
        self._withdrawn: list[Participation] = []
        self.places = places.of

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
        rows = self._rows or [(np.empty(0, dtype=np.int64),) * len(KINDS)]
        columns = [
            np.concatenate(column, dtype=kind, casting="same_kind")
            for column, kind in zip(zip(*rows, strict=True), KINDS.values(), strict=True)
        ]
        return Observations(
            self._places,
            **dict(zip(KINDS, columns, strict=True)),
            taking_part=together(self._taking_part),
            withdrawn=together(self._withdrawn),
        )


def _participation(place: Integers, moment: Integers, events: Iterable[GivenBySomebody]) -> Participation:
    return Participation(place, months_of_days(moment // DAY), [event.contributor for event in events])


def together(parts: Sequence[Participation]) -> Participation:
    """Who took part, by several."""
    return Participation(
        _concatenated([part.place for part in parts]),
        _concatenated([part.month for part in parts]),
        [contributor for part in parts for contributor in part.contributor],
    )


def _concatenated(columns: Sequence[Integers]) -> Integers:
    return np.concatenate(columns) if columns else np.empty(0, dtype=np.int64)
