"""The measures that buckets hold, by their code in the database (docs/scores.md, section 1)."""

from enum import IntEnum

from shared.contracts.feedback import Resolution


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

    @property
    def label(self) -> str:
        return self.name.lower().replace("_", "-")


RESOLUTION_BINS = {
    Resolution.RESOLVED: 0,
    Resolution.DECLINED: 1,
    Resolution.DUPLICATE: 2,
    Resolution.INVALID: 3,
}
