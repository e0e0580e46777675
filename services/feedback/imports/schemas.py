"""What `/v1/imports` and `/v1/mappings` take and give."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, StringConstraints

WEEKS_TO_NOW = "weeks-to-now"

Shift = Annotated[str, StringConstraints(pattern=rf"^(-?\d{{1,4}}|{WEEKS_TO_NOW})$")]
"""Whole weeks that are added to every time, or `weeks-to-now`."""


class MappingStored(BaseModel):
    """A mapping that imports can name."""

    name: str
    source: str
    columns: list[str]


class MappingItem(BaseModel):
    """A mapping in a list of them."""

    name: str
    updated_at: datetime


class RefusedRow(BaseModel):
    """A row that was not taken: the line at which it ends, and why."""

    line: int
    reason: str


class ImportReport(BaseModel):
    """What became of the rows: taken + unchanged + updated + refused. `corrected` is part of taken and updated."""

    import_id: UUID
    jurisdiction_id: str
    source: str
    mapping: str
    shift_weeks: int
    started_at: datetime
    ended_at: datetime | None
    rows: int
    taken: int
    corrected: int
    unchanged: int
    updated: int
    refused: int
    corrections: dict[str, int]
    refusals: dict[str, int]
    samples: list[RefusedRow]
