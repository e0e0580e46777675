"""Events as feedback publishes them, singly and as whole lives of requests and ratings."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from services.metrics.buckets.grouping import Delta
from shared.contracts.base import Contract
from shared.contracts.feedback import (
    RatingGiven,
    RatingWithdrawn,
    ReplacedRating,
    RequestAcknowledged,
    RequestAnswered,
    RequestClosed,
    RequestOpened,
    RequestReopened,
    Resolution,
)

SERVICES = ("town.lamps", "town.roads")
DISTRICTS = (None, "town.north", "town.south")
CONTRIBUTORS = ("ann", "bob", "cyd")
_numbers = count(1)

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""On a busy machine a good test may take its time."""


def _where(more: dict[str, Any]) -> dict[str, Any]:
    return {"jurisdiction_id": "town", "service_id": "town.lamps"} | more


def opened(at: datetime, due: datetime | None = None, answer_due: datetime | None = None, **more: Any) -> RequestOpened:
    who = {"contributor": "ann", "request_id": str(next(_numbers))}
    return RequestOpened(opened_at=at, due_at=due, answer_due_at=answer_due, **_where(who | more))


def acknowledged(opened: datetime, at: datetime, **more: Any) -> RequestAcknowledged:
    return RequestAcknowledged(opened_at=opened, acknowledged_at=at, **_where({"request_id": "1"} | more))


def answered(
    opened: datetime, at: datetime, deadline: datetime | None = None, *, first: bool = True, **more: Any
) -> RequestAnswered:
    return RequestAnswered(
        opened_at=opened, answered_at=at, answer_due_at=deadline, first=first, **_where({"request_id": "1"} | more)
    )


def closed(
    opened: datetime,
    at: datetime,
    resolution: Resolution = Resolution.RESOLVED,
    due: datetime | None = None,
    **more: Any,
) -> RequestClosed:
    return RequestClosed(
        opened_at=opened, closed_at=at, resolution=resolution, due_at=due, **_where({"request_id": "1"} | more)
    )


def reopened(
    opened: datetime, closed: datetime, resolution: Resolution, at: datetime, due: datetime | None = None, **more: Any
) -> RequestReopened:
    return RequestReopened(
        opened_at=opened,
        closed_at=closed,
        resolution=resolution,
        reopened_at=at,
        due_at=due,
        **_where({"request_id": "1"} | more),
    )


def given_rating(at: datetime, value: int, **more: Any) -> RatingGiven:
    who = {"contributor": "ann", "rating_id": str(next(_numbers))}
    return RatingGiven(given_at=at, value=value, **_where(who | more))


def replacing(before: RatingGiven, at: datetime, value: int, **more: Any) -> RatingGiven:
    """A new rating by who gave `before`, of the same service."""
    replaced = ReplacedRating(
        rating_id=before.rating_id, value=before.value, given_at=before.given_at, district_id=before.district_id
    )
    same = {"service_id": before.service_id, "contributor": before.contributor}
    return given_rating(at, value, replaces=replaced, **same | more)


def withdrawn(rating: RatingGiven, at: datetime) -> RatingWithdrawn:
    return RatingWithdrawn(
        jurisdiction_id=rating.jurisdiction_id,
        service_id=rating.service_id,
        district_id=rating.district_id,
        rating_id=rating.rating_id,
        contributor=rating.contributor,
        value=rating.value,
        given_at=rating.given_at,
        withdrawn_at=at,
    )


moments = st.datetimes(datetime(2025, 11, 1), datetime(2026, 3, 31), timezones=st.just(UTC))
pauses = st.one_of(
    st.timedeltas(timedelta(0), timedelta(hours=30)),
    st.timedeltas(timedelta(days=25), timedelta(days=35)),
    st.sampled_from([timedelta(0), timedelta(days=30), timedelta(days=30, microseconds=1)]),
)
targets = st.none() | st.timedeltas(timedelta(0), timedelta(days=40))
places = st.fixed_dictionaries(
    {"service_id": st.sampled_from(SERVICES), "district_id": st.sampled_from(DISTRICTS)},
)


@st.composite
def request_lives(draw: st.DrawFn) -> list[Contract]:
    """A request from its opening on, through any number of closings and reopenings, in order."""
    start, due, answer_due = draw(moments), draw(targets), draw(targets)
    due_at, answer_due_at = (start + each if each is not None else None for each in (due, answer_due))
    who = draw(places) | {"request_id": str(next(_numbers))}
    life: list[Contract] = [
        opened(start, due_at, answer_due_at, contributor=draw(st.sampled_from(CONTRIBUTORS)), **who)
    ]
    now, first, closing = start, True, None
    for step in draw(st.lists(st.sampled_from(["acknowledge", "answer", "end", "end"]), max_size=6)):
        now += draw(pauses)
        if step == "acknowledge":
            life.append(acknowledged(start, now, **who))
        elif step == "answer":
            life.append(answered(start, now, answer_due_at, first=first, **who))
            first = False
        elif closing is None:
            closing = (now, draw(st.sampled_from(Resolution)))
            life.append(closed(start, *closing, due_at, **who))
        else:
            life.append(reopened(start, *closing, now, due_at, **who))
            closing = None
    return life


@st.composite
def rating_lives(draw: st.DrawFn) -> list[Contract]:
    """A rating, those that replace it in turn, perhaps the last one's withdrawal, in order."""
    now, place = draw(moments), draw(places)
    current = given_rating(now, draw(st.integers(1, 5)), contributor=draw(st.sampled_from(CONTRIBUTORS)), **place)
    life: list[Contract] = [current]
    for value in draw(st.lists(st.integers(1, 5), max_size=3)):
        now += draw(pauses)
        current = replacing(current, now, value, district_id=draw(st.sampled_from(DISTRICTS)))
        life.append(current)
    if draw(st.booleans()):
        life.append(withdrawn(current, now + draw(pauses)))
    return life


@st.composite
def lives(draw: st.DrawFn, most: int = 4) -> list[Contract]:
    """Several lives of a town, one woven into the other: each keeps its order."""
    waiting = [list(life) for life in draw(st.lists(request_lives() | rating_lives(), max_size=min(most, 5)))]
    woven: list[Contract] = []
    while waiting:
        life = waiting[draw(st.integers(0, len(waiting) - 1))]
        woven.append(life.pop(0))
        waiting = [life for life in waiting if life]
    return woven


@dataclass(frozen=True)
class Numbered:
    """An event with its number in its source's order."""

    sequence: int
    event: Contract


def flat(delta: Delta) -> dict[Any, tuple[int, int]]:
    """Count and total by owner, measure, bin and day."""
    owners = [[names[code] for code in codes.tolist()] for names, codes in zip(delta.names, delta.keys, strict=True)]
    columns = (*owners, delta.measure.tolist(), delta.bin.tolist(), delta.day.tolist())
    keys = list(zip(*columns, strict=True))
    assert keys == sorted(set(keys)), "keys are unique and in order"
    return dict(zip(keys, zip(delta.counts.tolist(), delta.totals.tolist(), strict=True), strict=True))
