"""Times that the city names."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator

from shared.times import Time

YEARS = range(2000, 2200)


def _plausible(value: datetime) -> datetime:
    if value.year not in YEARS:
        raise ValueError(f"must be from the years {YEARS[0]} to {YEARS[-1]}")
    return value


Moment = Annotated[Time, AfterValidator(_plausible)]
"""A time with its zone at which a period may begin or end."""
