"""What messages come to, before they take effect: which apply now, which wait, which were there before. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import asyncpg
from aiokafka import ConsumerRecord, TopicPartition

from shared.cloudevents import InvalidEvent
from shared.inbox.dead_letters import Rejected
from shared.inbox.positions import sort_out
from shared.inbox.received import Received, receive

P = TypeVar("P")

Messages = dict[int, Sequence[ConsumerRecord]]
"""Messages by partition, in their order."""


class Handler(Protocol[P]):
    """What a service does with the events of a topic.

    `prepare` is pure: it decodes events, in order, and returns what `apply` needs together with the events that cannot
    be used, each with its reason. `apply` gets what was prepared of one batch, in order, runs inside the consumer's
    transaction and must not commit; it may raise a transient fault (the batch is repeated) or any other exception (the
    events are then read again and tried one by one, and those that fail become dead letters).
    """

    def prepare(self, events: Sequence[Received]) -> tuple[P, list[Rejected]]: ...

    async def apply(self, connection: asyncpg.Connection, prepared: Sequence[P]) -> None: ...


@dataclass
class Standing:
    """Where a consumer stands, by partition: the next offset, the high-water mark, and what is parked by sequence."""

    offsets: dict[int, int] = field(default_factory=dict)
    marks: dict[int, int] = field(default_factory=dict)
    parked: dict[int, dict[int, Received]] = field(default_factory=dict)

    def take(self, later: "Standing") -> None:
        """Moves on to where `later` stands, in the partitions that it names."""
        self.offsets.update(later.offsets)
        self.marks.update(later.marks)
        self.parked.update(later.parked)

    def expected(self, fetched: Mapping[TopicPartition, Sequence[ConsumerRecord]]) -> Messages:
        """The messages from the next offsets on; what a seek has overtaken is left out."""
        messages: Messages = {}
        for (_, partition), records in fetched.items():
            offset = self.offsets.get(partition)
            if offset is None or not records or records[-1].offset < offset:
                continue
            messages[partition] = records if records[0].offset >= offset else [r for r in records if r.offset >= offset]
        return messages


@dataclass
class Batch(Generic[P]):
    """Messages sorted. `after` is where the consumer stands once they took effect; `events` is kept on demand only."""

    prepared: list[P] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    events: list[Received] = field(default_factory=list)
    after: Standing = field(default_factory=Standing)
    applied: int = 0
    duplicates: int = 0
    messages: int = 0
    newest: int = 0


class Sorter(Generic[P]):
    """Sorts the messages of one topic, from `source`, for a handler. `gaps`: numbers may be missing for ever."""

    def __init__(self, handler: Handler[P], source: str, *, gaps: bool) -> None:
        self._handler = handler
        self._source = source
        self._gaps = gaps

    def add(self, batch: Batch[P], before: Standing, messages: Messages, *, keep_events: bool = False) -> None:
        """Adds messages to a batch that began where `before` stands."""
        for partition, records in messages.items():
            arrived = self._receive(batch, records)
            if arrived:
                applicable = self._next(batch, before, partition, arrived)
                self._prepare(batch, applicable, keep_events)
            batch.after.offsets[partition] = records[-1].offset + 1
            batch.newest = records[-1].timestamp
            batch.messages += len(records)

    def _receive(self, batch: Batch[P], records: Sequence[ConsumerRecord]) -> list[Received]:
        arrived = []
        for record in records:
            try:
                arrived.append(receive(record, self._source))
            except InvalidEvent as error:
                batch.rejected.append(Rejected(record, str(error)))
        return arrived

    def _next(self, batch: Batch[P], before: Standing, part: int, arrived: list[Received]) -> list[Received]:
        """Those of the events, and of the parked ones, that apply now."""
        after = batch.after
        mark = after.marks.get(part, before.marks.get(part, 0))
        waiting = after.parked.get(part, before.parked.get(part, {}))
        outcome = sort_out(mark, waiting, arrived, gaps=self._gaps)
        after.marks[part] = outcome.mark
        if waiting or outcome.park:
            after.parked[part] = {event.sequence: event for event in outcome.park}
        batch.duplicates += outcome.duplicates
        return outcome.apply

    def _prepare(self, batch: Batch[P], events: list[Received], keep_events: bool) -> None:
        prepared, rejected = self._handler.prepare(events)
        batch.prepared.append(prepared)
        batch.rejected += rejected
        batch.applied += len(events) - len(rejected)
        if keep_events:
            batch.events += events
