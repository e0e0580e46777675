"""What events of contributions say: which pledges were kept by their time, and how many minutes were contributed."""

from collections.abc import Sequence

import numpy as np

from services.metrics.buckets.columns import Columns
from services.metrics.buckets.measures import Measure
from services.metrics.buckets.observers import inputs
from services.metrics.buckets.observers.observer import Observers, done_in_time, noted, owed
from services.metrics.buckets.times import instants, optional_instants
from shared.contracts.feedback import (
    ContributionMade,
    ContributionPledged,
    ContributionRefused,
    ContributionVerified,
    ContributionWithdrawn,
    Form,
)

TIME = frozenset({Form.HOURS, Form.SKILLS})
"""Forms whose amount is in minutes."""


def _pledged(columns: Columns, events: Sequence[ContributionPledged]) -> None:
    inputs.given(columns, events)
    owed(columns, Measure.PLEDGE_KEPT, columns.places(events), instants(e.due_at for e in events))


def _verified(columns: Columns, events: Sequence[ContributionVerified]) -> None:
    place = columns.places(events)
    verified = instants(e.verified_at for e in events)
    columns.add(Measure.EVENTS, place, verified)
    done_in_time(columns, Measure.PLEDGE_KEPT, place, instants(e.due_at for e in events), verified)
    _minutes(columns, events, sign=1)


def _withdrawn(columns: Columns, events: Sequence[ContributionWithdrawn]) -> None:
    inputs.withdrawn(columns, events)
    place = columns.places(events)
    due = instants(e.due_at for e in events)
    verified, was_verified = optional_instants(e.verified_at for e in events)
    owed(columns, Measure.PLEDGE_KEPT, place, due, sign=-1)
    done_in_time(columns, Measure.PLEDGE_KEPT, place, due, verified, sign=-1, where=was_verified)
    _minutes(columns, [e for e in events if e.verified_at is not None], sign=-1)


def _minutes(columns: Columns, events: Sequence[ContributionVerified | ContributionWithdrawn], sign: int) -> None:
    """Verified time, on the day it was verified."""
    of_time = [e for e in events if e.form in TIME and e.amount]
    verified = instants(e.verified_at for e in of_time if e.verified_at is not None)
    minutes = np.array([e.amount for e in of_time], dtype=np.int64)
    columns.add(Measure.CONTRIBUTED, columns.places(of_time), verified, count=sign, total=sign * minutes)


OBSERVERS: Observers = {
    ContributionPledged: _pledged,
    ContributionMade: noted("made_at"),
    ContributionVerified: _verified,
    ContributionRefused: noted("refused_at"),
    ContributionWithdrawn: _withdrawn,
}
