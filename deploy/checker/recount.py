"""Every bucket counted anew from feedback's rows and compared exactly; what that shows is kept for the scores."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import asyncpg

from deploy.checker import sketches
from deploy.checker.differences import Row, differences, seen
from deploy.checker.facts import Gone
from deploy.checker.findings import Findings
from deploy.checker.model import MONTHS, People, Tally
from deploy.checker.parts import sql, stream
from deploy.checker.sketches import TakenBack

NOT_FOR_PRIORS = frozenset({"time-to-close", "time-to-answer", "lateness", "aspect"})
"""Measures of many bins that nothing asks of a whole jurisdiction."""


class Grouping(NamedTuple):
    """A table of buckets, which is also the name of its statements, and the number of members of its key."""

    table: str
    width: int


DAYS = Grouping("bucket_day", 4)
MONTHLY = Grouping("bucket_month", 5)
JURISDICTIONS = Grouping("bucket_jurisdiction", 4)


class Evidence:
    """What scores as of a day need of whole jurisdictions, districts and people. Filled in passing."""

    def __init__(self, as_of: date) -> None:
        self.as_of = as_of
        self.jurisdictions: defaultdict[str, Tally] = defaultdict(Tally)
        self._inputs: defaultdict[str, list[tuple[date, str, int]]] = defaultdict(list)
        self._sketches: defaultdict[str, list[tuple[date, bytes]]] = defaultdict(list)

    def note_jurisdiction(self, row: Row) -> None:
        if row[1] not in NOT_FOR_PRIORS:
            self.jurisdictions[row[0]].add(*row[1:])

    def note_month(self, row: Row) -> None:
        service, district, measure, _, month, count, _ = row
        if measure == "inputs" and self._may_count(month):
            self._inputs[service].append((month, district, count))

    def note_sketch(self, row: Row) -> None:
        service, _, month, sketch = row
        if self._may_count(month):
            self._sketches[service].append((month, sketch))

    def inputs(self, service: str, as_of: date) -> dict[str, int]:
        """Inputs by district, of the twelve months that end with a day's; the day is not long before `self.as_of`."""
        found: defaultdict[str, int] = defaultdict(int)
        for month, district, count in self._inputs[service]:
            if 0 <= _months_between(month, as_of) < MONTHS:
                found[district] += count
        return dict(found)

    def people(self, service: str, as_of: date) -> People:
        """Distinct contributors of the same months."""
        held = [sketch for month, sketch in self._sketches[service] if 0 <= _months_between(month, as_of) < MONTHS]
        union = sketches.union(held)
        return People(union.get_estimate(), union.get_lower_bound(2), union.get_upper_bound(2))

    def _may_count(self, month: date) -> bool:
        return 0 <= _months_between(month, self.as_of) <= MONTHS


def _months_between(month: date, day: date) -> int:
    return (day.year - month.year) * 12 + day.month - month.month


class ByService:
    """Gives each service's days to `visit` as one tally, when the next service begins."""

    def __init__(self, visit: Callable[[str, Tally], None]) -> None:
        self._visit = visit
        self._service: str | None = None
        self._tally = Tally()

    def note(self, row: Row) -> None:
        if row[0] != self._service:
            self.finish()
            self._service = row[0]
        self._tally.add(*row[1:])

    def finish(self) -> None:
        if self._service is not None:
            self._visit(self._service, self._tally)
        self._service, self._tally = None, Tally()


class Recount:
    """Compares metrics with feedback. Both sessions need an open transaction; `buckets` counts the rows compared.

    `gone` are events that no row tells of any longer.
    """

    def __init__(
        self, feedback: asyncpg.Connection, metrics: asyncpg.Connection, findings: Findings, gone: Gone
    ) -> None:
        self._feedback = feedback
        self._metrics = metrics
        self._findings = findings
        self._gone = [*zip(*((*key, number) for key, number in gone.items()), strict=True)] or [()] * 4
        self.buckets = 0
        self.sketches = 0

    async def compare(self, evidence: Evidence, taken_back: TakenBack) -> None:
        """Compares all but the services' days, and fills the evidence."""
        await self._compare(JURISDICTIONS, evidence.note_jurisdiction)
        await self._compare(MONTHLY, evidence.note_month)
        groups = seen(sketches.recount(self._feedback), evidence.note_sketch)
        self.sketches = await sketches.compare(groups, taken_back, self._metrics, self._findings)

    async def compare_services(self, visit: Callable[[str, Tally], None]) -> None:
        """Compares the services' days; `visit` gets the recount of each service that had any event."""
        by_service = ByService(visit)
        await self._compare(DAYS, by_service.note)
        by_service.finish()

    async def _compare(self, grouping: Grouping, note: Callable[[Row], None]) -> None:
        left_out = [row[0] for row in await self._metrics.fetch(sql("not_kept"))]
        count = stream(self._feedback, f"{sql('observations')}\n{sql(grouping.table)}", *self._gone)
        count = (row async for row in count if row[grouping.width - 3] not in left_out)
        stored = seen(stream(self._metrics, sql(f"stored_{grouping.table}")), self._note_bucket)
        async for key, expected, found in differences(seen(count, note), stored, grouping.width):
            text = f"{grouping.table} {' '.join(map(str, key))}: count and total"
            self._findings.add("wrong", f"{text} are {_pair(found)}; by feedback's rows {_pair(expected)}")

    def _note_bucket(self, row: Row) -> None:
        self.buckets += 1


def _pair(values: Row | None) -> str:
    return f"{values[0]}, {values[1]}" if values else "absent"
