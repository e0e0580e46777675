"""What messages come to, before they take effect: which apply now, which wait, which were there before. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import asyncpg
import numpy as np

from shared.cloudevents import InvalidEvent
from shared.inbox.dead_letters import Rejected
from shared.inbox.positions import sort_out
from shared.inbox.received import Received, receive
from shared.inbox.stretch import Plain, Stretch

P = TypeVar("P")

Encoded = tuple[str, bytes]
"""An event's type, and its data as JSON."""

Refusals = dict[int, str]
"""Why events cannot be used, by their places."""

Stretches = Mapping[int, Stretch]
"""What was fetched, by partition."""

PIECES = 30
"""So many pieces of a batch are kept before they are made one."""

WORTHWHILE = 20_000
"""Bytes from which on reading by columns pays."""


class Handler(Protocol[P]):
    """What a service does with the events of a topic.

    `prepare` is pure: it decodes events, in order, and returns what `apply` needs of those that can be used, and why
    the others cannot. `join` makes one of what was prepared in turn. `apply` gets what was prepared of one batch, runs
    inside the consumer's transaction and must not commit; it may raise a transient fault (the batch is repeated) or any
    other exception (the events are then read again and tried one by one, and those that fail become dead letters).
    """

    def prepare(self, events: Sequence[Encoded]) -> tuple[P, Refusals]: ...

    def join(self, prepared: Sequence[P]) -> P: ...

    async def apply(self, connection: asyncpg.Connection, prepared: P) -> None: ...


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

    def expected(self, fetched: Stretches) -> dict[int, Stretch]:
        """The stretches that begin at the next offsets."""
        return {part: stretch for part, stretch in fetched.items() if stretch.offset == self.offsets.get(part)}


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

    def add(self, batch: Batch[P], before: Standing, stretches: Stretches, *, keep_events: bool = False) -> None:
        """Adds messages to a batch that began where `before` stands."""
        if not stretches:
            return
        if keep_events or self._gaps or not self._add_plain(batch, before, stretches):
            self._add_singly(batch, before, stretches, keep_events)
        for part, stretch in stretches.items():
            batch.after.offsets[part] = stretch.following
            batch.newest = stretch.newest
        if len(batch.prepared) > PIECES:
            batch.prepared = [self._handler.join(batch.prepared)]

    def _add_plain(self, batch: Batch[P], before: Standing, stretches: Stretches) -> bool:
        """Adds what the relay wrote and comes next in all of them; else, as with any event of no use, nothing."""
        if sum(len(stretch.raw) for stretch in stretches.values()) < WORTHWHILE:
            return False
        marks: dict[int, int] = {}
        events: list[Encoded] = []
        for part, stretch in stretches.items():
            plain = stretch.plain(self._source)
            if plain is None or not self._comes_next(batch, before, part, plain):
                return False
            marks[part] = int(plain.sequences[-1])
            events += plain.events
        prepared, refused = self._handler.prepare(events)
        if refused:
            return False
        batch.after.marks.update(marks)
        batch.prepared.append(prepared)
        batch.applied += len(events)
        batch.messages += len(events)
        return True

    def _comes_next(self, batch: Batch[P], before: Standing, part: int, plain: Plain) -> bool:
        mark, waiting = self._standing(batch, before, part)
        number = plain.sequences.size
        return not waiting and bool(number) and np.array_equal(plain.sequences, np.arange(mark + 1, mark + 1 + number))

    def _standing(self, batch: Batch[P], before: Standing, part: int) -> tuple[int, dict[int, Received]]:
        """The high-water mark, and what is parked."""
        after = batch.after
        mark = after.marks.get(part, before.marks.get(part, 0))
        return mark, after.parked.get(part, before.parked.get(part, {}))

    def _add_singly(self, batch: Batch[P], before: Standing, stretches: Stretches, keep_events: bool) -> None:
        applicable: list[Received] = []
        for part, stretch in stretches.items():
            arrived = self._receive(batch, stretch)
            if arrived:
                applicable += self._next(batch, before, part, arrived)
        prepared, refused = self._handler.prepare([(event.type, event.data) for event in applicable])
        batch.prepared.append(prepared)
        batch.rejected += [Rejected(applicable[n].record, reason) for n, reason in refused.items()]
        batch.applied += len(applicable) - len(refused)
        if keep_events:
            batch.events += [event for n, event in enumerate(applicable) if n not in refused]

    def _receive(self, batch: Batch[P], stretch: Stretch) -> list[Received]:
        arrived = []
        for record in stretch.records():
            batch.messages += 1
            try:
                arrived.append(receive(record, self._source))
            except InvalidEvent as error:
                batch.rejected.append(Rejected(record, str(error)))
        return arrived

    def _next(self, batch: Batch[P], before: Standing, part: int, arrived: list[Received]) -> list[Received]:
        """Those of the events, and of the parked ones, that apply now."""
        mark, waiting = self._standing(batch, before, part)
        outcome = sort_out(mark, waiting, arrived, gaps=self._gaps)
        batch.after.marks[part] = outcome.mark
        if waiting or outcome.park:
            batch.after.parked[part] = {event.sequence: event for event in outcome.park}
        batch.duplicates += outcome.duplicates
        return outcome.apply
