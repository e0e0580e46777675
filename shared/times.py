"""Days and times from outside, written out as RFC 3339 has them: no number is taken for seconds since 1970."""

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIME = re.compile(rf"{DAY.pattern}[Tt ][0-9]{{2}}:[0-9]{{2}}.*")


def _written_out(like: re.Pattern[str], example: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if isinstance(value, date) or (isinstance(value, str) and like.fullmatch(value)):
            return value
        raise ValueError(f"must be text such as {example}")

    return check


Day = Annotated[date, BeforeValidator(_written_out(DAY, "2026-05-04"))]
"""A day of the calendar."""

Time = Annotated[AwareDatetime, BeforeValidator(_written_out(TIME, "2026-05-04T10:30:00Z"))]
"""A time with its zone."""
