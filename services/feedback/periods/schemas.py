"""Times that the city names."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

YEARS = range(2000, 2200)


def _written_out(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("must be text such as 2026-05-04T10:30:00Z")
    return value


def _plausible(value: datetime) -> datetime:
    if value.year not in YEARS:
        raise ValueError(f"must be from the years {YEARS[0]} to {YEARS[-1]}")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_plausible)]
"""A time with its zone, in RFC 3339, at which a period may begin or end."""
