"""From each outbox to its topics: is every event there, once, in order, unchanged?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from deploy.checker.findings import Findings
from deploy.checker.ledger import Entry, Ledger
from deploy.checker.messages import Envelope, Span, open_envelope, read
from deploy.checker.parts import Parts, sql, stream

UNSENT = """
SELECT type, convert_from(payload, 'UTF8'), occurred_at::date FROM outbox WHERE part = $1 AND seq = ANY ($2::bigint[])
"""


class Source(NamedTuple):
    """A service's outbox. `asides` are other topics that its numbers may lie on; with `gaps` numbers may be missing,
    as on a topic that keeps the newest state alone."""

    service: str
    topic: str
    asides: tuple[str, ...]
    gaps: bool


@dataclass
class Delivered:
    """What the topics of one source hold. `reached`: per part, the number that a consumer of the topic comes to.

    `unattributed`: missing events of which the outbox has no row either.
    """

    reached: dict[int, int] = field(default_factory=dict)
    redelivered: int = 0
    foreign: int = 0
    unattributed: int = 0
    unsent: list[tuple[str, str, date]] = field(default_factory=list)


class Delivery:
    """Reads the topics of one source. `witness` sees the first occurrence of each of its events on its own topic."""

    def __init__(self, parts: Parts, source: Source, findings: Findings, witness: Callable[[Envelope], None]) -> None:
        self._parts = parts
        self._source = source
        self._findings = findings
        self._witness = witness
        self._database = parts.databases[source.service]
        self._counters: dict[int, int] = {}
        self._spans: dict[str, list[Span]] = {}
        self.found = Delivered()

    async def examine(self) -> Delivered:
        rows = await self._database.fetch("SELECT part, seq FROM outbox_counter ORDER BY part")
        self._counters = {row[0]: row[1] for row in rows}
        topics = (*self._source.asides, self._source.topic)
        self._spans = {topic: await self._parts.spans(topic) for topic in topics}
        for partition in range(len(self._spans[self._source.topic])):
            await self._examine_partition(partition)
        return self.found

    async def _examine_partition(self, partition: int) -> None:
        """One partition at a time, so that memory holds the numbers of one."""
        partitions = len(self._spans[self._source.topic])
        parts = [part for part in self._counters if part % partitions == partition]
        ledgers = {part: Ledger(f"{self._source.service} part {part}", self._findings) for part in parts}
        for topic in self._spans:
            await self._read(ledgers, topic, partition)
        for part, ledger in ledgers.items():
            await self._compare(ledger, part, self._counters[part])
            self._note_delivered(part, ledger)

    async def _read(self, ledgers: Mapping[int, Ledger], topic: str, partition: int) -> None:
        own = topic == self._source.topic
        async for record in read(self._parts.kafka, self._spans[topic][partition]):
            event = open_envelope(record)
            if event is None or not self._is_ours(event, ledgers):
                self.found.foreign += own
            elif ledgers[event.part].take(event, topic) and own:
                self._witness(event)

    def _is_ours(self, event: Envelope, ledgers: Mapping[int, Ledger]) -> bool:
        """A number that the outbox has not given is none of ours, whatever the message says."""
        known = event.service == self._source.service and event.part in ledgers
        return known and event.sequence <= self._counters[event.part]

    def _note_delivered(self, part: int, ledger: Ledger) -> None:
        topic = self._source.topic
        self.found.reached[part] = ledger.highest(topic) if self._source.gaps else ledger.reached(topic)
        self.found.redelivered += ledger.redelivered

    async def _compare(self, ledger: Ledger, part: int, counter: int) -> None:
        """The outbox keeps events for some time: those that it has must be on the topic as they are."""
        expected = set() if self._source.gaps else set(range(1, counter + 1)) - ledger.entries.keys()
        missing: dict[int, str] = {}
        async for sequence, topic, id_, fingerprint in stream(self._database, sql("outbox"), part):
            entry = ledger.entries.get(sequence)
            if entry is not None:
                self._compare_entry(f"{self._source.service} part {part}: number {sequence}", id_, fingerprint, entry)
            elif sequence in expected or sequence > ledger.highest(topic):
                missing[sequence] = id_
        await self._note_missing(part, expected, missing)

    def _compare_entry(self, where: str, id_: str, fingerprint: bytes, found: Entry) -> None:
        if found.id != id_:
            self._findings.add("lost", f"{where} is event {id_}, but on the topic {found.id} has that number")
        elif found.fingerprint != fingerprint:
            self._findings.add("wrong", f"{where} ({id_}) has another type or content on the topic than in the outbox")

    async def _note_missing(self, part: int, expected: set[int], missing: dict[int, str]) -> None:
        for sequence in sorted(expected | missing.keys()):
            known = f"event {missing[sequence]}" if sequence in missing else "an event that the outbox lacks, too"
            text = f"{self._source.service} part {part}: number {sequence}, {known}, is not on the topic"
            self._findings.add("lost", text)
        self.found.unattributed += len(expected - missing.keys())
        if missing:
            self.found.unsent += map(tuple, await self._database.fetch(UNSENT, part, list(missing)))
