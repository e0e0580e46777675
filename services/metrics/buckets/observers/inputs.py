"""What is said by each input that is counted as one, and by what the city does around it."""

from collections.abc import Sequence

from services.metrics.buckets.columns import Columns
from services.metrics.buckets.measures import Measure
from services.metrics.buckets.observers.observer import Observers, noted
from services.metrics.buckets.times import instants
from shared.contracts.feedback import (
    BudgetDecided,
    BudgetOpened,
    BudgetVoteCast,
    BudgetVoteWithdrawn,
    CallClosed,
    CallOpened,
    CommentPosted,
    CommentWithdrawn,
    ConsultationAnswered,
    ConsultationAnswerWithdrawn,
    ConsultationClosed,
    ConsultationOpened,
    InputGiven,
    InputWithdrawn,
    NotePosted,
    NoteWithdrawn,
    SupportGiven,
    SupportWithdrawn,
)


def given(columns: Columns, events: Sequence[InputGiven]) -> None:
    """An input, and somebody who took part."""
    place = columns.places(events)
    moment = instants(e.given_at for e in events)
    columns.add(Measure.EVENTS, place, moment)
    columns.add(Measure.INPUTS, place, moment)
    columns.taking_part_in(place, moment, events)


def withdrawn(columns: Columns, events: Sequence[InputWithdrawn]) -> None:
    """An input as if it had never been."""
    place = columns.places(events)
    moment = instants(e.given_at for e in events)
    columns.add(Measure.EVENTS, place, instants(e.withdrawn_at for e in events))
    columns.add(Measure.INPUTS, place, moment, count=-1)
    columns.taking_back(place, moment, events)


OBSERVERS: Observers = {
    NotePosted: given,
    NoteWithdrawn: withdrawn,
    SupportGiven: given,
    SupportWithdrawn: withdrawn,
    CommentPosted: given,
    CommentWithdrawn: withdrawn,
    CallOpened: noted("opened_at"),
    CallClosed: noted("closed_at"),
    ConsultationOpened: noted("published_at"),
    ConsultationClosed: noted("closed_at"),
    ConsultationAnswered: given,
    ConsultationAnswerWithdrawn: withdrawn,
    BudgetOpened: noted("published_at"),
    BudgetVoteCast: given,
    BudgetVoteWithdrawn: withdrawn,
    BudgetDecided: noted("decided_at"),
}
