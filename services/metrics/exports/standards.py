"""What of a city's figures other cities know by a code: ISO 37120, ISO 37122, ISO 37123 and U4SSC.

One figure of ISO 37122:2019 is computed as it is defined there. What a scorecard says of its indicators stands beside
it, as the scorecard's authors mean it. docs/exports.md says why there are so few.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from services.metrics.publishes import rounded
from services.metrics.scores.assessment import Assessment
from services.metrics.scores.evidence import Evidence

SECONDS_A_DAY = 86_400
YEAR = timedelta(days=364)


class Coded(NamedTuple):
    """A figure of a city by its code in a list; `note` says what is other than in the list."""

    list: str
    code: str
    name: str
    value: float | None
    unit: str
    n: int
    numerator: str
    denominator: str
    indicator: str
    note: str


def response_time(evidence: Iterable[Evidence], day: date) -> Coded:
    """ISO 37122:2019, 10.3: the mean time until inquiries are answered, in days, over a year that ends with a day."""
    first, last = (day - min(YEAR, day - day.min)).toordinal(), day.toordinal()
    found = [each.buckets.within("time-to-answer", first, last) for group in evidence for each in group.services]
    count, seconds = sum(each[0] for each in found), sum(each[1] for each in found)
    return Coded(
        "ISO 37122",
        "10.3",
        "Average response time to inquiries made through the city's non-emergency inquiry system",
        rounded(seconds / SECONDS_A_DAY / count) if count else None,
        "days",
        count,
        "days until the first answer, of requests answered within the year",
        "requests answered within the year",
        "",
        "Requests of all services here; those not yet answered are not in it",
    )


def declared(assessment: Assessment) -> Iterator[Coded]:
    """The indicators for which the city's scorecard names a code."""
    for one in assessment.indicators:
        definition, estimate = one.indicator, one.measured.estimate
        if definition.standard is not None:
            yield Coded(
                definition.standard.list,
                definition.standard.code,
                definition.name,
                None if estimate is None else rounded(estimate.observed),
                definition.unit,
                one.measured.n,
                definition.numerator,
                definition.denominator,
                definition.id,
                f"The scorecard {assessment.scorecard.label} names the code; the figure is as it defines it",
            )
