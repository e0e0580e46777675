"""Times of events as columns: microseconds since 1970, days, months, whole seconds and their bins. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from shared.contracts.durations import BOUNDARIES, LONGEST

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

MICROSECONDS = 1_000_000
DAY = 86_400 * MICROSECONDS
LAST_EXACT = 2**53
"""Up to here a double holds every whole number."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_BOUNDARIES = np.array(BOUNDARIES, dtype=np.int64)


class ImplausibleTime(ValueError):
    """An event whose times cannot be true."""


def instants(times: Iterable[datetime]) -> Integers:
    """Microseconds since 1970: exact, for a double holds those of 285 years each way, and others are not plausible."""
    seconds: NDArray[np.float64] = np.fromiter(map(datetime.timestamp, times), dtype=np.float64)
    if seconds.size and np.abs(seconds).max() * MICROSECONDS > LAST_EXACT:
        raise ImplausibleTime("an event is centuries away")
    return np.rint(seconds * MICROSECONDS).astype(np.int64)


def optional_instants(times: Iterable[datetime | None]) -> tuple[Integers, Flags]:
    """Microseconds since 1970, and which are known; an unknown one stands as 0."""
    values = list(times)
    known = np.array([time is not None for time in values], dtype=np.bool_)
    return instants(EPOCH if time is None else time for time in values), known


def seconds_between(start: Integers, end: Integers) -> Integers:
    """Whole seconds from start to end."""
    seconds = (end - start) // MICROSECONDS
    if seconds.size and (seconds.min() < 0 or seconds.max() > LONGEST):
        raise ImplausibleTime("an event ends before it began, or centuries later")
    return seconds


def bins(seconds: Integers) -> Integers:
    """`shared.contracts.durations.bin_of` for a column."""
    return np.where(seconds > 0, np.searchsorted(_BOUNDARIES, seconds, side="left"), -1).astype(np.int64)


def months_of_days(days: Integers) -> Integers:
    """Months since 1970-01 of days since 1970-01-01."""
    if not days.size:
        return days.astype(np.int64)
    first = int(days.min())
    calendar = np.arange(first, int(days.max()) + 1).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    months: Integers = calendar[days - first]
    return months
