"""Sums over a long history, in memory: observations are kept as columns, and summed up when they have become many."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date

import numpy as np
from datasketches import update_theta_sketch

from services.metrics.buckets.columns import Observations, Participation
from services.metrics.buckets.grouping import Delta, first_days, participants, summed_together
from services.metrics.buckets.joining import join, less, with_places_that_occur
from services.metrics.buckets.measures import ON_DEMAND, Measure
from services.metrics.buckets.sketches import LG_K, merge
from services.metrics.buckets.tables import DAYS, JURISDICTIONS, MONTHS, Grouping
from services.metrics.buckets.times import Integers, months_of_days

MANY = 1_500_000
"""Observations that are summed up at a time."""

Key = tuple[str, str, date]
"""Service, district ('' where unknown) and the first day of the month."""

PLACE_BITS, MONTH_BITS, FIRST_MONTH = 24, 14, 2**13
"""How many districts and months there may be; months before 1970 are negative."""

NOTHING = np.empty(0, dtype=np.int64)


class Numbering:
    """Names as numbers, in the order in which they came."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def of(self, names: Iterable[str]) -> Integers:
        numbers = self._numbers
        return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)

    @property
    def names(self) -> list[str]:
        return list(self._numbers)


class Sums:
    """The sums of one grouping so far: columns of its key, then count and total."""

    def __init__(self, owners: int) -> None:
        self.columns: list[Integers] = [NOTHING] * (owners + 5)

    def add(self, keys: Sequence[Integers], counts: Integers, totals: Integers) -> None:
        self.columns = summed_together([self.columns, [*keys, counts, totals]])


class People(dict[int, Callable[[str], None]]):
    """Who took part, by the numbers of service, district and month in one: how to add somebody to that sketch."""

    def __init__(self) -> None:
        self._sketches: dict[int, update_theta_sketch] = {}

    def __missing__(self, key: int) -> Callable[[str], None]:
        sketch = self._sketches[key] = update_theta_sketch(LG_K)
        add: Callable[[str], None] = sketch.update
        self[key] = add
        return add

    def add(self, service: Integers, district: Integers, taken: Participation) -> None:
        """The numbers of service and district are those of the places that `taken` names."""
        keys = (service[taken.place] << PLACE_BITS | district[taken.place]) << MONTH_BITS | taken.month + FIRST_MONTH
        for key, contributor in zip(keys.tolist(), taken.contributor, strict=True):
            self[key](contributor)

    def sketches(self) -> Iterable[tuple[int, int, date, update_theta_sketch]]:
        for key, sketch in self._sketches.items():
            place, month = key >> MONTH_BITS, (key & 2**MONTH_BITS - 1) - FIRST_MONTH
            day = date(1970 + month // 12, month % 12 + 1, 1)
            yield place >> PLACE_BITS, place & 2**PLACE_BITS - 1, day, sketch


class Tally:
    """All that events add, with the measures on demand that are `kept`; or what they add to some measures alone."""

    def __init__(self, measures: Collection[Measure] | None = None, kept: Collection[Measure] = ()) -> None:
        self._left_out = ON_DEMAND.difference(kept)
        self._measures = None if measures is None else np.array(sorted(measures), dtype=np.int64)
        self._services, self._districts, self._jurisdictions = Numbering(), Numbering(), Numbering()
        self._pending: list[tuple[Integers, ...]] = []
        self._pending_rows = 0
        self._sums = {grouping: Sums(len(grouping.owners)) for grouping in (DAYS, MONTHS, JURISDICTIONS)}
        self._people = People()
        self.taken_back: set[Key] = set()
        """Whose sketch holds somebody who took their input back."""

    def add(self, observed: Sequence[Observations]) -> None:
        """Counts what events say."""
        if observed:
            self._note(with_places_that_occur(less(join(observed), self._left_out)))

    def _note(self, o: Observations) -> None:
        places = o.places
        service = self._services.of(place.service_id for place in places)
        district = self._districts.of(place.district_id for place in places)
        jurisdiction = self._jurisdictions.of(place.jurisdiction_id for place in places)
        columns = (
            service[o.place],
            district[o.place],
            jurisdiction[o.place],
            o.measure,
            o.bin,
            o.day,
            o.count,
            o.total,
        )
        if self._measures is not None:
            wanted = np.isin(o.measure, self._measures)
            columns = tuple(column[wanted] for column in columns)  # type: ignore[assignment]
        else:
            self._note_people(service, district, o)
        self._pending.append(columns)
        self._pending_rows += columns[0].size
        if self._pending_rows > MANY:
            self._sum_up()

    def _note_people(self, service: Integers, district: Integers, o: Observations) -> None:
        self._people.add(service, district, o.taking_part)
        self.taken_back.update(
            (service, district, month) for service, district, month, _ in participants(o, o.withdrawn)
        )

    def _sum_up(self) -> None:
        if not self._pending:
            return
        columns = [np.concatenate(column) for column in zip(*self._pending, strict=True)]
        self._pending, self._pending_rows = [], 0
        service, district, jurisdiction, measure, bin, day, count, total = columns
        self._sums[DAYS].add([service, measure, bin, day], count, total)
        self._sums[JURISDICTIONS].add([jurisdiction, measure, bin, day], count, total)
        dated = measure != Measure.EVENTS
        keys = [service, district, measure, bin, months_of_days(day)]
        self._sums[MONTHS].add([key[dated] for key in keys], count[dated], total[dated])

    def delta(self, grouping: Grouping) -> Delta:
        """What is to be in a grouping's tables."""
        self._sum_up()
        numberings = {
            "service_id": self._services, "district_id": self._districts, "jurisdiction_id": self._jurisdictions,
        }  # fmt: skip
        *keys, measure, bin, period, counts, totals = self._sums[grouping].columns
        if grouping is MONTHS:
            period = first_days(period)
        return Delta([numberings[owner].names for owner in grouping.owners], keys, measure, bin, period, counts, totals)

    def sketches(self) -> Iterable[tuple[Key, bytes]]:
        """The sketch of each service, district and month, those who took their input back among them."""
        services, districts = self._services.names, self._districts.names
        for service, district, month, sketch in self._people.sketches():
            yield (services[service], districts[district], month), merge([sketch.compact().serialize()])
