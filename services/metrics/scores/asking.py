"""What routes on scores are asked with."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Query

from services.metrics.scores.days import DAY_TEXT, Period, past_day, today


def _as_of(
    as_of: Annotated[
        str | None, Query(description="A UTC day, or a date-time in it; default today", json_schema_extra=DAY_TEXT)
    ] = None,
) -> date:
    return past_day(as_of, "as_of", today())


def _since(
    since: Annotated[
        str | None,
        Query(
            description="Only what happened from this UTC day on counts, each observation whole",
            json_schema_extra=DAY_TEXT,
        ),
    ] = None,
) -> date | None:
    return None if since is None else past_day(since, "since", today())


AsOf = Annotated[date, Depends(_as_of)]
Since = Annotated[date | None, Depends(_since)]
PeriodOf = Annotated[
    Period | None, Query(description="Only what happened in the period of the calendar that holds the day, up to it")
]
