"""The three groupings of a batch's observations, ready to be added to their tables. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

import numpy as np

from services.metrics.buckets.columns import Observations, Participation
from services.metrics.buckets.measures import CELLS, COLUMNS, SPARSE, Measure
from services.metrics.buckets.times import Flags, Integers, months_of_days


class Delta(NamedTuple):
    """Rows of one grouping, as columns: what is to be added to each bucket. Keys are unique, in ascending order.

    Each column of `keys` indexes the list in `names` of the same place; `day` counts from 1970-01-01 (for months it is
    their first day).
    """

    names: list[list[str]]
    keys: list[Integers]
    measure: Integers
    bin: Integers
    day: Integers
    counts: Integers
    totals: Integers


def by_service_and_day(o: Observations) -> Delta:
    """Keyed by service."""
    services, service = _recode([place.service_id for place in o.places], o.place)
    return _delta([services], summed([service, o.measure, o.bin, o.day], o.count, o.total))


def by_jurisdiction_and_day(o: Observations) -> Delta:
    """Keyed by jurisdiction."""
    jurisdictions, jurisdiction = _recode([place.jurisdiction_id for place in o.places], o.place)
    return _delta([jurisdictions], summed([jurisdiction, o.measure, o.bin, o.day], o.count, o.total))


def by_district_and_month(o: Observations) -> Delta:
    """Keyed by service and district; the count of events itself is kept by day alone."""
    o = _only(o, o.measure != Measure.EVENTS)
    services, service = _recode([place.service_id for place in o.places], o.place)
    districts, district = _recode([place.district_id for place in o.places], o.place)
    columns = summed([service, district, o.measure, o.bin, months_of_days(o.day)], o.count, o.total)
    columns[4] = first_days(columns[4])
    return _delta([services, districts], columns)


def _recode(names: Sequence[str], place: Integers) -> tuple[list[str], Integers]:
    """The distinct names in order, and which of them each row has, given what each place is called."""
    distinct = sorted(set(names))
    code = {name: number for number, name in enumerate(distinct)}
    return distinct, np.array([code[name] for name in names], dtype=np.int64)[place] if names else place


def summed(keys: list[Integers], counts: Integers, totals: Integers) -> list[Integers]:
    """Distinct keys in ascending order, then the sums of count and total for each; sums of 0 are left out."""
    return summed_together([[*keys, counts, totals]])


def summed_together(pieces: Sequence[Sequence[Integers]]) -> list[Integers]:
    """The same of several pieces, each of which has the columns of its keys, then counts and totals."""
    packing = Packing.of([piece[:-2] for piece in pieces])
    packed = np.concatenate([packing.pack(piece[:-2]) for piece in pieces])
    if not packed.size:
        return [packed] * len(pieces[0])
    order = np.argsort(packed)
    ordered = packed[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    count, total = (
        np.add.reduceat(np.concatenate([piece[n] for piece in pieces])[order], starts, dtype=np.int64) for n in (-2, -1)
    )
    changed = (count != 0) | (total != 0)
    return [*packing.unpack(ordered[starts[changed]]), count[changed], total[changed]]


class Packing(NamedTuple):
    """How the columns of a key are made one number, in the order of the keys: the least of each, and its range."""

    lowest: list[int]
    sizes: list[int]

    @classmethod
    def of(cls, pieces: Sequence[Sequence[Integers]]) -> "Packing":
        """Raises OverflowError where keys are too far apart for one number."""
        columns = list(zip(*(piece for piece in pieces if piece[0].size), strict=True))
        lowest = [min(int(column.min()) for column in each) for each in columns]
        highest = [max(int(column.max()) for column in each) for each in columns]
        sizes = [high - low + 1 for low, high in zip(lowest, highest, strict=True)]
        if math.prod(sizes) > np.iinfo(np.int64).max:
            raise OverflowError("keys too far apart")
        return cls(lowest, sizes)

    def pack(self, columns: Sequence[Integers]) -> Integers:
        packed = np.zeros(columns[0].size, dtype=np.int64)
        if packed.size:
            for column, low, size in zip(columns, self.lowest, self.sizes, strict=True):
                packed *= size
                packed += column
                packed -= low
        return packed

    def unpack(self, packed: Integers) -> list[Integers]:
        columns = []
        for low, size in zip(reversed(self.lowest), reversed(self.sizes), strict=True):
            packed, column = np.divmod(packed, size)
            columns.append(column + low)
        return columns[::-1]


def _only(o: Observations, where: Flags) -> Observations:
    kept = {name: getattr(o, name)[where] for name in ("place", "measure", "bin", "day", "count", "total")}
    return replace(o, **kept)


def _delta(names: list[list[str]], columns: list[Integers]) -> Delta:
    measure, bin, day, counts, totals = columns[len(names) :]
    return Delta(names, columns[: len(names)], measure, bin, day, counts, totals)


def sparse_rows(delta: Delta) -> list[Integers]:
    """The rows of sparse measures: owners, measure, bin, day, count, total."""
    where = np.isin(delta.measure, SPARSE)
    return [c[where] for c in (*delta.keys, delta.measure, delta.bin, delta.day, delta.counts, delta.totals)]


def cells(delta: Delta) -> list[Integers]:
    """The rows of all else: owners, day, then the amount of each column of `measures.COLUMNS`."""
    where = ~np.isin(delta.measure, SPARSE)
    keys = [key[where] for key in (*delta.keys, delta.day)]
    row, first = _rows(keys)
    amounts = np.zeros((len(COLUMNS), first.size), dtype=np.int64)
    code = delta.measure[where] * _BINS + delta.bin[where]
    amounts[_COUNT_COLUMN[code], row] = delta.counts[where]
    with_total = _TOTAL_COLUMN[code] >= 0
    amounts[_TOTAL_COLUMN[code][with_total], row[with_total]] = delta.totals[where][with_total]
    return [*(key[first] for key in keys), *amounts]


def _rows(keys: list[Integers]) -> tuple[Integers, Integers]:
    """For each of some keys the number of its row, rows in ascending order; and where each row occurs first."""
    if not keys[0].size:
        return keys[0], keys[0]
    _, first, row = np.unique(Packing.of([keys]).pack(keys), return_index=True, return_inverse=True)
    return row, first


_BINS = 8


def _columns_of(names: Iterable[str | None]) -> Integers:
    """The column of each measure and bin, by measure * _BINS + bin; -1 where there is none."""
    found = np.full(len(Measure) * _BINS, -1, dtype=np.int64)
    for cell, name in zip(CELLS, names, strict=True):
        if name in COLUMNS:
            found[cell.measure * _BINS + cell.bin] = COLUMNS.index(name)
    return found


_COUNT_COLUMN = _columns_of(cell.counts for cell in CELLS)
_TOTAL_COLUMN = _columns_of(cell.totals for cell in CELLS)


def first_days(months: Integers) -> Integers:
    """The first days, since 1970-01-01, of months since 1970-01."""
    days: Integers = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return days


class TakingPart(NamedTuple):
    """Contributors of one service, district and month."""

    service_id: str
    district_id: str
    month: date
    contributors: list[str]


def participants(o: Observations, taken: Participation) -> list[TakingPart]:
    """Who took part, grouped as the sketches are, in ascending order."""
    if not taken.contributor:
        return []
    first = int(taken.month.min())
    months = int(taken.month.max()) - first + 1
    packed = taken.place * months + (taken.month - first)
    order = np.argsort(packed, kind="stable")
    starts = np.flatnonzero(np.diff(packed[order], prepend=-1))
    contributors = [taken.contributor[n] for n in order.tolist()]
    ends = [*starts[1:].tolist(), len(contributors)]
    found = []
    for key, start, end in zip(packed[order][starts].tolist(), starts.tolist(), ends, strict=True):
        place, month = o.places[key // months], first + key % months
        day = date(1970 + month // 12, month % 12 + 1, 1)
        found.append(TakingPart(place.service_id, place.district_id, day, contributors[start:end]))
    return sorted(found)
