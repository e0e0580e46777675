"""Evidence for tests, from observations as docs/scores.md writes them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from datasketches import update_theta_sketch

from services.metrics.enablers.reports import Report
from services.metrics.objectives.domain import Objective
from services.metrics.scores.contributors import Sketch
from services.metrics.scores.evidence import Evidence, Inputs, JurisdictionEvidence, ServiceEvidence
from services.metrics.scores.series import Buckets, Series

TODAY = date(2026, 3, 31)


@dataclass(frozen=True)
class Observation:
    """`age` is in days before TODAY."""

    measure: str
    bin: int
    age: int
    count: int = 1
    total: int = 0


def buckets(observations: Iterable[Observation]) -> Buckets:
    """Observations of one service or jurisdiction, added up by day."""
    days: dict[str, dict[int, dict[int, list[int]]]] = {}
    for each in observations:
        by_day = days.setdefault(each.measure, {}).setdefault(each.bin, {})
        sums = by_day.setdefault(TODAY.toordinal() - each.age, [0, 0])
        sums[0] += each.count
        sums[1] += each.total
    return Buckets({measure: _series(bins) for measure, bins in days.items()})


def _series(bins: Mapping[int, Mapping[int, Sequence[int]]]) -> Series:
    return Series.of((b, day, sums[0], sums[1]) for b, by_day in bins.items() for day, sums in by_day.items())


def month(of: date = TODAY) -> int:
    return of.year * 12 + of.month - 1


def sketch(names: Iterable[str], of: int, *, stale: bool = False) -> Sketch:
    """A month's contributors, serialised as the buckets keep them."""
    filling = update_theta_sketch(12)
    for name in names:
        filling.update(name)
    filling.trim()
    return Sketch(of, filling.compact(ordered=True).serialize(), stale)


def evidence(
    observations: Iterable[Observation] = (),
    *,
    elsewhere: Iterable[Observation] = (),
    targets: Mapping[str, int] | None = None,
    inputs: Iterable[Inputs] = (),
    sketches: Iterable[Sketch] = (),
    population: int | None = None,
    districts: Mapping[str, int | None] | None = None,
    objectives: Sequence[Objective] = (),
    reports: Sequence[Report] = (),
) -> Evidence:
    """One service, and a jurisdiction that holds it and what was observed `elsewhere`."""
    own = list(observations)
    return Evidence(
        JurisdictionEvidence("springfield", buckets([*own, *elsewhere]), population, districts or {}),
        [
            ServiceEvidence(
                "springfield.potholes",
                "springfield",
                buckets(own),
                targets or {},
                list(inputs),
                list(sketches),
                objectives=objectives,
                reports=reports,
            )
        ],
    )
