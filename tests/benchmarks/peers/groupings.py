"""The two groupings that all of them count, what they should hold, and how far a result is from it.

Keys are `service|kind|day` and `service|district|kind|month`; kinds are rated, opened and closed. Each holds a count
and a sum: of rating values, or of the seconds that requests were open.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from shared.contracts.base import Contract
from shared.contracts.feedback import RatingGiven, RequestClosed, RequestOpened

Sums = Mapping[str, tuple[int, int]]


class Groupings(NamedTuple):
    """Count and sum by key."""

    days: Sums
    months: Sums


class Error(NamedTuple):
    """By how much counts and sums differ from what they should be, added up over all keys; shares of the whole."""

    counts: float
    sums: float


def expected(events: Iterable[Contract]) -> Groupings:
    """What the events give, counted plainly."""
    days: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    months: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for event in events:
        service, district, kind, moment, amount = _read(event)
        for held in (
            days[f"{service}|{kind}|{moment:%Y-%m-%d}"],
            months[f"{service}|{district}|{kind}|{moment:%Y-%m}"],
        ):
            held[0] += 1
            held[1] += amount
    return Groupings(*({key: (count, total) for key, (count, total) in held.items()} for held in (days, months)))


def _read(event: Contract):  # type: ignore[no-untyped-def]
    match event:
        case RatingGiven():
            return event.service_id, event.district_id, "rated", event.given_at, event.value
        case RequestOpened():
            return event.service_id, event.district_id, "opened", event.opened_at, 0
        case RequestClosed():
            seconds = int((event.closed_at - event.opened_at).total_seconds())
            return event.service_id, event.district_id, "closed", event.closed_at, seconds
    raise TypeError(type(event))


def error(found: Groupings, right: Groupings) -> Error:
    """Over both groupings."""
    return Error(*(_off(found, right, place) for place in (0, 1)))


def _off(found: Groupings, right: Groupings, place: int) -> float:
    nothing = (0, 0)
    off = whole = 0
    for held, wanted in zip(found, right, strict=True):
        off += sum(abs(held.get(key, nothing)[place] - wanted.get(key, nothing)[place]) for key in held | wanted)  # type: ignore[operator]
        whole += sum(values[place] for values in wanted.values())
    return off / whole


def keyed(rows: Iterable[tuple[str, int, int]]) -> Sums:
    """Rows of key, count and sum."""
    return {key: (int(count), int(total)) for key, count, total in rows}
