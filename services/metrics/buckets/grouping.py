"""The three groupings of a batch's observations, ready to be added to their tables. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from services.metrics.buckets.measures import Measure
from services.metrics.buckets.observations import Flags, Integers, Observations, Participation, months_of_days

EPOCH = date(1970, 1, 1)


class Delta(NamedTuple):
    """Rows of one grouping, as columns: what is to be added to each bucket. Keys are unique and in ascending order."""

    keys: tuple[list[str], ...]
    measure: list[int]
    bin: list[int]
    date: list[date]
    counts: list[int]
    totals: list[int]


def by_service_and_day(o: Observations) -> Delta:
    """Keyed by service."""
    services, service = _recode([place.service_id for place in o.places], o.place)
    columns = _sum((service, o.measure, o.bin, o.day), o)
    return _delta([services], columns[:1], columns[1:], _days(columns[3]))


def by_jurisdiction_and_day(o: Observations) -> Delta:
    """Keyed by jurisdiction."""
    jurisdictions, jurisdiction = _recode([place.jurisdiction_id for place in o.places], o.place)
    columns = _sum((jurisdiction, o.measure, o.bin, o.day), o)
    return _delta([jurisdictions], columns[:1], columns[1:], _days(columns[3]))


def by_district_and_month(o: Observations) -> Delta:
    """Keyed by service and district; the count of events itself is kept by day alone."""
    o = _only(o, o.measure != Measure.EVENTS)
    services, service = _recode([place.service_id for place in o.places], o.place)
    districts, district = _recode([place.district_id for place in o.places], o.place)
    columns = _sum((service, district, o.measure, o.bin, months_of_days(o.day)), o)
    return _delta([services, districts], columns[:2], columns[2:], _months(columns[4]))


def _recode(names: Sequence[str], place: Integers) -> tuple[list[str], Integers]:
    """The distinct names in order, and which of them each row has, given what each place is called."""
    distinct = sorted(set(names))
    code = {name: number for number, name in enumerate(distinct)}
    return distinct, np.array([code[name] for name in names], dtype=np.int64)[place] if names else place


def _sum(columns: Sequence[Integers], o: Observations) -> list[Integers]:
    """Distinct keys in ascending order, then the sums of count and total for each; sums of 0 are left out."""
    if not columns[0].size:
        return [*columns, columns[0], columns[0]]
    lowest = [int(column.min()) for column in columns]
    sizes = [int(column.max()) - low + 1 for column, low in zip(columns, lowest, strict=True)]
    packed = np.ravel_multi_index([c - low for c, low in zip(columns, lowest, strict=True)], sizes)
    order = np.argsort(packed, kind="stable")
    ordered = packed[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    count = np.add.reduceat(o.count[order], starts)
    total = np.add.reduceat(o.total[order], starts)
    first = order[starts]
    changed = (count != 0) | (total != 0)
    return [*(column[first][changed] for column in columns), count[changed], total[changed]]


def _only(o: Observations, where: Flags) -> Observations:
    kept = {name: getattr(o, name)[where] for name in ("place", "measure", "bin", "day", "count", "total")}
    return replace(o, **kept)


def _delta(
    names: Sequence[Sequence[str]], codes: Sequence[Integers], columns: Sequence[Integers], dates: list[date]
) -> Delta:
    measure, bin, _, count, total = (column.tolist() for column in columns)
    keys = tuple([name[code] for code in column.tolist()] for name, column in zip(names, codes, strict=True))
    return Delta(keys, measure, bin, dates, count, total)


def _days(days: Integers) -> list[date]:
    known = {day: EPOCH + timedelta(days=day) for day in np.unique(days).tolist()}
    return [known[day] for day in days.tolist()]


def _months(months: Integers) -> list[date]:
    known = {month: first_day(month) for month in np.unique(months).tolist()}
    return [known[month] for month in months.tolist()]


def first_day(month: int) -> date:
    """The first day of a month that counts from 1970-01."""
    return date(1970 + month // 12, month % 12 + 1, 1)


class TakingPart(NamedTuple):
    """Contributors by service, district and month, in ascending order."""

    service_id: str
    district_id: str
    month: date
    contributors: list[str]


def participants(o: Observations, taken: Participation) -> list[TakingPart]:
    """Who took part, grouped as the sketches are."""
    groups: dict[tuple[int, int], list[str]] = {}
    for place, month, contributor in zip(taken.place.tolist(), taken.month.tolist(), taken.contributor, strict=True):
        groups.setdefault((place, month), []).append(contributor)
    found = [
        TakingPart(o.places[place].service_id, o.places[place].district_id, first_day(month), contributors)
        for (place, month), contributors in groups.items()
    ]
    return sorted(found)
