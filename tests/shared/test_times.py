"""Days and times that come in as something else than RFC 3339 writes them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.times import Day, Time

DAY, TIME = TypeAdapter(Day), TypeAdapter(Time)


def test_what_is_written_out_is_taken() -> None:
    assert DAY.validate_python("2026-05-04") == date(2026, 5, 4)
    noon = datetime(2026, 5, 4, 12, tzinfo=UTC)
    for text in ("2026-05-04T12:00:00Z", "2026-05-04t12:00:00.000z", "2026-05-04T14:00:00+02:00", "2026-05-04 12:00Z"):
        assert TIME.validate_python(text) == noon, text


@pytest.mark.parametrize(
    "value", [0, "0", "1777852800", 1.5, True, None, "today", "2026-5-4", "2026-02-30", "٢٠٢٦-٠٥-٠٤"]
)
def test_nothing_else_is_taken_for_a_day_or_a_time(value: Any) -> None:
    for kind in (DAY, TIME):
        with pytest.raises(ValidationError):
            kind.validate_python(value)


def test_a_time_needs_its_zone_and_a_day_has_no_hours() -> None:
    for kind, text in ((TIME, "2026-05-04T12:00:00"), (TIME, "2026-05-04"), (DAY, "2026-05-04T00:00:00Z")):
        with pytest.raises(ValidationError):
            kind.validate_python(text)
