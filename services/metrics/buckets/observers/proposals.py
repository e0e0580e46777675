"""What events of proposals say: whether the city decided by the time that it owed a decision."""

from collections.abc import Sequence

from services.metrics.buckets.columns import Columns
from services.metrics.buckets.measures import Measure
from services.metrics.buckets.observers import inputs
from services.metrics.buckets.observers.observer import Observers, done_in_time, noted, owed
from services.metrics.buckets.times import instants, optional_instants
from shared.contracts.feedback import (
    MilestoneReached,
    ProposalDecided,
    ProposalDelivered,
    ProposalMerged,
    ProposalPublished,
    ProposalQualified,
    ProposalWithdrawn,
)


def _qualified(columns: Columns, events: Sequence[ProposalQualified]) -> None:
    place = columns.places(events)
    columns.add(Measure.EVENTS, place, instants(e.qualified_at for e in events))
    owed(columns, Measure.DECIDED, place, instants(e.decision_due_at for e in events))


def _decided(columns: Columns, events: Sequence[ProposalDecided]) -> None:
    place = columns.places(events)
    decided = instants(e.decided_at for e in events)
    due, was_owed = optional_instants(e.decision_due_at for e in events)
    columns.add(Measure.EVENTS, place, decided)
    done_in_time(columns, Measure.DECIDED, place, due, decided, where=was_owed)


def _merged(columns: Columns, events: Sequence[ProposalMerged]) -> None:
    place = columns.places(events)
    due, was_owed = optional_instants(e.decision_due_at for e in events)
    columns.add(Measure.EVENTS, place, instants(e.merged_at for e in events))
    owed(columns, Measure.DECIDED, place, due, sign=-1, where=was_owed)


def _withdrawn(columns: Columns, events: Sequence[ProposalWithdrawn]) -> None:
    inputs.withdrawn(columns, events)
    place = columns.places(events)
    due, was_owed = optional_instants(e.decision_due_at for e in events)
    decided, was_decided = optional_instants(e.decided_at for e in events)
    owed(columns, Measure.DECIDED, place, due, sign=-1, where=was_owed)
    done_in_time(columns, Measure.DECIDED, place, due, decided, sign=-1, where=was_owed & was_decided)


OBSERVERS: Observers = {
    ProposalPublished: inputs.given,
    ProposalQualified: _qualified,
    ProposalDecided: _decided,
    ProposalMerged: _merged,
    MilestoneReached: noted("reached_at"),
    ProposalDelivered: noted("delivered_at"),
    ProposalWithdrawn: _withdrawn,
}
