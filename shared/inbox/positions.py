"""Which of the events that arrived may take effect now: pure, so that every interleaving can be tried.

A source numbers its events 1, 2, 3 ... per part. The high-water mark is the last number that took effect:
the next one applies, one at or below it is a duplicate, one beyond is parked until its predecessors came.
A topic of states (each event carries the whole entity, and compaction leaves gaps) skips the waiting.
"""

from collections.abc import Iterable, Mapping
from typing import Generic, NamedTuple, Protocol, TypeVar


class Sequenced(Protocol):
    """What has a number in its source's order."""

    @property
    def sequence(self) -> int: ...


S = TypeVar("S", bound=Sequenced)


class Sorted(NamedTuple, Generic[S]):
    """The outcome for one part of a source. `mark` is the new high-water mark."""

    apply: list[S]
    park: list[S]
    duplicates: int
    mark: int


def sort_out(mark: int, parked: Mapping[int, S], arrived: Iterable[S], *, gaps: bool) -> Sorted[S]:
    """Decides what applies now, in order, and what stays or becomes parked (`park` holds all that is parked after).

    `parked` are the events that were parked before, by number. With `gaps`, numbers may be missing for ever, and
    whatever is beyond the mark applies.
    """
    arrived = list(arrived)
    if not parked and [event.sequence for event in arrived] == list(range(mark + 1, mark + 1 + len(arrived))):
        return Sorted(arrived, [], 0, mark + len(arrived))
    waiting, duplicates = dict(parked), 0
    for event in arrived:
        if event.sequence <= mark or event.sequence in waiting:
            duplicates += 1
        else:
            waiting[event.sequence] = event
    apply = []
    for sequence in sorted(waiting):
        if sequence != mark + 1 and not gaps:
            break
        mark = sequence
        apply.append(waiting.pop(sequence))
    return Sorted(apply, list(waiting.values()), duplicates, mark)
