"""What a score rests on: everything that is known of a service, and of its jurisdiction, up to some day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from services.metrics.enablers.reports import Report
from services.metrics.objectives.domain import Objective
from services.metrics.scores.contributors import Distinct, Sketch, count_distinct
from services.metrics.scores.series import Buckets

ENOUGH_TOLD = 5
"""People, and observations, that a figure of a district needs (docs/scores.md, section 6)."""


class Inputs(NamedTuple):
    """How many inputs a district gave in a month, as `weighing.month_of` counts them."""

    district_id: str
    month: int
    number: int


@dataclass(frozen=True)
class ServiceEvidence:
    """A service's buckets, its target times in seconds by kind, who gave input where, and its name where known.

    Or those of what pools several services: then `durations` are by measure and by the target that they are held
    against. `population` is its own where that is not its jurisdiction's. `guarded`: of fewer than five is not told.
    `objectives` are those that name it, `reports` those on its own capacity, whenever they end.
    """

    service_id: str
    jurisdiction_id: str
    buckets: Buckets = field(default_factory=Buckets)
    targets: Mapping[str, int] = field(default_factory=dict)
    inputs: Sequence[Inputs] = ()
    sketches: Sequence[Sketch] = ()
    name: str | None = None
    durations: Mapping[str, Mapping[int, Buckets]] | None = None
    population: int | None = None
    guarded: bool = False
    objectives: Sequence[Objective] = ()
    reports: Sequence[Report] = ()
    _people: dict[range, Distinct] = field(default_factory=dict, compare=False)

    def by_target(self, measure: str, kind: str) -> Mapping[int, Buckets]:
        """Durations by the target of a kind that they are held against, in seconds; empty without any target."""
        if self.durations is not None:
            return self.durations.get(measure, {})
        return {self.targets[kind]: self.buckets} if kind in self.targets else {}

    def people(self, months: range) -> Distinct:
        """Distinct contributors of some months."""
        if months not in self._people:
            self._people[months] = count_distinct(self.sketches, months)
        return self._people[months]

    def inputs_by_district(self, months: range) -> dict[str, int]:
        """Inputs of some months."""
        found: dict[str, int] = {}
        for each in self.inputs:
            if each.month in months:
                found[each.district_id] = found.get(each.district_id, 0) + each.number
        return found


@dataclass(frozen=True)
class JurisdictionEvidence:
    """A jurisdiction's buckets over all its services, and its inhabitants: its own figure, and by district.

    `is_subject`: the score is of the whole, which is part of nothing that could be its prior.
    """

    jurisdiction_id: str
    buckets: Buckets = field(default_factory=Buckets)
    population: int | None = None
    districts: Mapping[str, int | None] = field(default_factory=dict)
    is_subject: bool = False

    @property
    def inhabitants(self) -> int:
        """Its own figure, else the sum over districts; 0 where unknown."""
        return sum(self.known_districts.values()) if self.population is None else self.population

    @property
    def known_districts(self) -> dict[str, int]:
        """The districts whose population is known and not 0."""
        return {name: count for name, count in self.districts.items() if count}


class Evidence(NamedTuple):
    """Evidence on several services of one jurisdiction, read at one moment."""

    jurisdiction: JurisdictionEvidence
    services: Sequence[ServiceEvidence]
