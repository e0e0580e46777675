"""The measures that buckets hold, by their code in the database (docs/scores.md, section 1)."""

from enum import IntEnum
from typing import NamedTuple

from shared.contracts.feedback import Aspect, Resolution


class Measure(IntEnum):
    """`label` is the name that people see."""

    EVENTS = 0
    INPUTS = 1
    OPENED = 2
    DUE = 3
    ANSWERED = 4
    TIME_TO_ANSWER = 5
    RESOLUTION = 6
    TIME_TO_CLOSE = 7
    ON_TIME = 8
    DUE_CLOSED = 9
    FIRST_TIME_FIX = 10
    RATING = 11
    ASPECT = 12
    DECIDED = 13
    PLEDGE_KEPT = 14
    CONTRIBUTED = 15
    LATENESS = 16

    @property
    def label(self) -> str:
        return self.name.lower().replace("_", "-")


RESOLUTION_BINS = {
    Resolution.RESOLVED: 0,
    Resolution.DECLINED: 1,
    Resolution.DUPLICATE: 2,
    Resolution.INVALID: 3,
}


ASPECTS = tuple(Aspect)
VALUES = 8
"""Bins of an aspect; more than there are values."""


def aspect_bin(aspect: Aspect, value: int) -> int:
    """The bin of an aspect's value, 1 to 5."""
    return ASPECTS.index(aspect) * VALUES + value


class Cell(NamedTuple):
    """Where the rows of buckets hold the observations of a measure and bin.

    `counts` is a column; `totals` a column, or an expression where it follows from the count, or None where it is
    always 0. Sparse measures have rows of their own and no cells.
    """

    measure: Measure
    bin: int
    counts: str
    totals: str | None = None


DURATIONS = (Measure.TIME_TO_ANSWER, Measure.TIME_TO_CLOSE, Measure.LATENESS)
SPARSE = (*DURATIONS, Measure.ASPECT)
"""Measures whose bins are many, or seldom used."""

ON_DEMAND = frozenset({Measure.LATENESS})
"""Measures that are kept once a scorecard needs them: most cities never do, and counting them costs. Sparse ones."""

CELLS = (
    Cell(Measure.EVENTS, 0, "events"),
    Cell(Measure.INPUTS, 0, "inputs"),
    Cell(Measure.OPENED, 0, "opened_without_due"),
    Cell(Measure.OPENED, 1, "opened_with_due"),
    Cell(Measure.DUE, 0, "due"),
    Cell(Measure.ANSWERED, 0, "answer_known", "answered_in_time"),
    *(Cell(Measure.RESOLUTION, bin, resolution.value) for resolution, bin in RESOLUTION_BINS.items()),
    Cell(Measure.ON_TIME, 0, "closed_with_due", "closed_on_time"),
    Cell(Measure.DUE_CLOSED, 0, "due_and_closed"),
    Cell(Measure.FIRST_TIME_FIX, 0, "fix_known", "fix_lasted"),
    *(Cell(Measure.RATING, value, f"rated_{value}", f"{value} * rated_{value}") for value in range(1, 6)),
    Cell(Measure.DECIDED, 0, "decision_known", "decided_in_time"),
    Cell(Measure.PLEDGE_KEPT, 0, "pledge_known", "pledge_kept"),
    Cell(Measure.CONTRIBUTED, 0, "contributions", "contributed_minutes"),
)

COUNTS = tuple(cell.counts for cell in CELLS)
TOTALS = tuple(cell.totals for cell in CELLS if cell.totals is not None and cell.totals.isidentifier())
COLUMNS = COUNTS + TOTALS
"""The columns of a row of buckets, in order."""
