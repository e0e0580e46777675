"""Local times as moments."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.imports.times import BadTime, LocalClock

BOSTON = ZoneInfo("America/New_York")
AMERICAN = "%m/%d/%Y %I:%M:%S %p"


def utc(text: str, *formats: str, weeks: int = 0) -> str:
    return LocalClock(BOSTON, formats or ("iso",), timedelta(weeks=weeks))(text).isoformat(sep=" ")


@pytest.mark.parametrize(
    ("local", "moment"),
    [
        ("2017-01-01 12:00:00", "2017-01-01 17:00:00+00:00"),
        ("2017-07-01 12:00:00", "2017-07-01 16:00:00+00:00"),
        ("2024-01-02T03:04:05.000", "2024-01-02 08:04:05+00:00"),
        ("2024-01-02", "2024-01-02 05:00:00+00:00"),
        ("2024-01-02T03:04:05+02:00", "2024-01-02 01:04:05+00:00"),
        ("  2017-01-01 12:00:00 ", "2017-01-01 17:00:00+00:00"),
        # Clocks went back at 2: what occurred twice is the first of the two.
        ("2017-11-05 00:59:59", "2017-11-05 04:59:59+00:00"),
        ("2017-11-05 01:30:00", "2017-11-05 05:30:00+00:00"),
        ("2017-11-05 02:00:00", "2017-11-05 07:00:00+00:00"),
    ],
)
def test_local_times_are_moments(local: str, moment: str) -> None:
    assert utc(local) == moment


def test_a_time_that_no_clock_showed_is_told_of() -> None:
    gaps: list[int] = []
    clock = LocalClock(BOSTON, ("iso",), timedelta(), lambda: gaps.append(1))
    assert clock("2017-03-12 02:30:00").isoformat() == "2017-03-12T07:30:00+00:00"
    assert clock("2017-03-12 03:00:00").isoformat() == "2017-03-12T07:00:00+00:00"
    assert gaps == [1]


def test_formats_are_tried_in_their_order() -> None:
    assert utc("01/02/2024 03:04:05 PM", "iso", AMERICAN) == "2024-01-02 20:04:05+00:00"
    assert utc("01/02/2024 12:00:00 AM", AMERICAN, "iso") == "2024-01-02 05:00:00+00:00"


def test_a_shift_is_whole_weeks_later() -> None:
    assert utc("2017-11-05 01:30:00", weeks=2) == "2017-11-19 05:30:00+00:00"
    assert utc("2017-01-01 12:00:00", weeks=-1) == "2016-12-25 17:00:00+00:00"


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "0000-01-01 00:00:00", "2017-13-01", "2017-02-30 10:00:00", "9999-12-31 23:59:59", "2017\0"],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadTime):
        utc(text)


@given(
    st.datetimes(datetime(1900, 1, 2), datetime(2100, 1, 1)),
    st.sampled_from(["America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/Dublin", "UTC"]),
)
def test_the_quick_way_agrees_with_zoneinfo(local: datetime, zone: str) -> None:
    clock = LocalClock(ZoneInfo(zone), ("iso",), timedelta())
    expected = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert clock(str(local)) == expected
    assert clock(str(local)) == expected
