"""Which events added to an indicator, and what: as the observers themselves say, so that it cannot be another count.

Every observation belongs to the place of its event, so events whose services are called by numbers for the occasion
are told apart in what the observers say of all of them at once. Pure.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from msgspec import structs

from services.metrics.buckets.measures import RESOLUTION_BINS, Measure
from services.metrics.buckets.observations import observe
from services.metrics.buckets.times import EPOCH
from services.metrics.scores.indicators import WITH_DUE_TIME
from services.metrics.scores.scorecard import (
    AnyIndicator,
    ContributedHours,
    Mean,
    Participation,
    Quantile,
    Ratio,
    Representativeness,
    Stock,
)
from shared.contracts.feedback import FeedbackEvent, Resolution

DECIDED = tuple(RESOLUTION_BINS[each] for each in (Resolution.RESOLVED, Resolution.DECLINED))


class Source(NamedTuple):
    """A measure that an indicator looks at, of some bins or of all, and how its counts enter the indicator's n."""

    measure: Measure
    bins: Sequence[int] | None = None
    sign: int = 1


class Added(NamedTuple):
    """An observation of docs/scores.md, section 1; `n` is what it adds to the indicator's n."""

    measure: Measure
    bin: int
    day: date
    number: int
    total: int
    n: int


def sources_of(indicator: AnyIndicator) -> Sequence[Source]:
    """What an indicator counts of citizens' input; nothing, for one that rests on what the catalogue says."""
    match indicator:
        case Ratio(measure="resolution"):
            return [Source(Measure.RESOLUTION, DECIDED)]
        case Stock():
            return [
                Source(Measure.OPENED, (WITH_DUE_TIME,)),
                Source(Measure.ON_TIME, sign=-1),
                Source(Measure.DUE, sign=0),
                Source(Measure.DUE_CLOSED, sign=0),
            ]
        case Ratio() | Mean() | Quantile():
            return [Source(Measure[indicator.measure.replace("-", "_").upper()])]
        case Participation() | Representativeness():
            return [Source(Measure.INPUTS)]
        case ContributedHours():
            return [Source(Measure.CONTRIBUTED)]
        case _:
            return []


def added_by(
    events: Sequence[FeedbackEvent], sources: Collection[Source], first: date, last: date
) -> list[list[Added]]:
    """What each event added to some sources from one day to another. Raises ImplausibleTime as the observers do."""
    numbered = [structs.replace(event, service_id=str(number)) for number, event in enumerate(events)]
    seen = observe(numbered)
    found: list[list[Added]] = [[] for _ in events]
    by_measure = {int(source.measure): source for source in sources}
    epoch = EPOCH.date().toordinal()
    columns = (seen.place, seen.measure, seen.bin, seen.day, seen.count, seen.total)
    for place, measure, bin, day, count, total in zip(*(column.tolist() for column in columns), strict=True):
        source, day = by_measure.get(measure), day + epoch
        if source is None or not first.toordinal() <= day <= last.toordinal():
            continue
        if source.bins is None or bin in source.bins:
            one = Added(source.measure, bin, date.fromordinal(day), count, total, source.sign * count)
            found[int(seen.places[place].service_id)].append(one)
    return found
