"""What events of ratings say."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from services.metrics.buckets.columns import Columns, Place
from services.metrics.buckets.measures import Measure, aspect_bin
from services.metrics.buckets.observers.observer import Observers
from services.metrics.buckets.times import instants
from shared.contracts.feedback import Aspect, RatingErased, RatingGiven, RatingWithdrawn


class Judgement(NamedTuple):
    """A rating as it counts: where, when, its value and what was said of aspects."""

    place: Place
    given_at: datetime
    value: int
    aspects: Mapping[Aspect, int]


def _given(columns: Columns, events: Sequence[RatingGiven]) -> None:
    place = columns.places(events)
    given = instants(e.given_at for e in events)
    columns.add(Measure.EVENTS, place, given)
    columns.add(Measure.INPUTS, place, given)
    columns.taking_part_in(place, given, events)
    value = np.array([e.value for e in events], dtype=np.int64)
    columns.add(Measure.RATING, place, given, bin=value, total=value)
    _aspects(columns, [_judgement(e, e.value) for e in events if e.aspects], sign=1)
    _count(columns, [_replaced(e) for e in events if e.replaces is not None], sign=-1)


def _replaced(event: RatingGiven) -> Judgement:
    """A replaced rating's value no longer counts, where and when it was given; it stays an input."""
    replaced = event.replaces
    assert replaced is not None  # the caller asked for those
    place = Place(event.jurisdiction_id, event.service_id, replaced.district_id or "")
    return Judgement(place, replaced.given_at, replaced.value, replaced.aspects or {})


def _withdrawn(columns: Columns, events: Sequence[RatingWithdrawn]) -> None:
    place = columns.places(events)
    columns.add(Measure.EVENTS, place, instants(e.withdrawn_at for e in events))
    _taken_back(columns, events)
    _count(columns, [_judgement(e, e.value) for e in events], sign=-1)


def _erased(columns: Columns, events: Sequence[RatingErased]) -> None:
    place = columns.places(events)
    columns.add(Measure.EVENTS, place, instants(e.erased_at for e in events))
    _taken_back(columns, events)
    _count(columns, [_judgement(e, e.value) for e in events if e.value is not None], sign=-1)


def _taken_back(columns: Columns, events: Sequence[RatingWithdrawn | RatingErased]) -> None:
    place = columns.places(events)
    given = instants(e.given_at for e in events)
    columns.add(Measure.INPUTS, place, given, count=-1)
    columns.taking_back(place, given, events)


def _judgement(event: RatingGiven | RatingWithdrawn | RatingErased, value: int) -> Judgement:
    place = Place(event.jurisdiction_id, event.service_id, event.district_id or "")
    return Judgement(place, event.given_at, value, event.aspects or {})


def _count(columns: Columns, judgements: Sequence[Judgement], sign: int) -> None:
    place = columns.places(each.place for each in judgements)
    given = instants(each.given_at for each in judgements)
    value = np.array([each.value for each in judgements], dtype=np.int64)
    columns.add(Measure.RATING, place, given, bin=value, count=sign, total=sign * value)
    _aspects(columns, judgements, sign)


def _aspects(columns: Columns, judgements: Sequence[Judgement], sign: int) -> None:
    """Each aspect that a rating speaks of."""
    said = [(each, aspect, value) for each in judgements for aspect, value in each.aspects.items()]
    if said:
        place = columns.places(each.place for each, _, _ in said)
        given = instants(each.given_at for each, _, _ in said)
        bin = np.array([aspect_bin(aspect, value) for _, aspect, value in said], dtype=np.int64)
        total = np.array([value for _, _, value in said], dtype=np.int64)
        columns.add(Measure.ASPECT, place, given, bin=bin, count=sign, total=sign * total)


OBSERVERS: Observers = {RatingGiven: _given, RatingWithdrawn: _withdrawn, RatingErased: _erased}
