"""By which channel the inputs of some days came, from feedback's events. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import msgspec

from shared.contracts import feedback
from shared.contracts.base import UNREADABLE, Contract
from shared.contracts.feedback import (
    InputGiven,
    InputWithdrawn,
    RatingErased,
    RatingGiven,
    RatingWithdrawn,
    RequestErased,
    RequestOpened,
)

DAYS = 90
"""How long an input counts."""
LONGEST = 40
"""Characters of a channel's name that count; it can be any text."""
GIVEN = (InputGiven, RatingGiven, RequestOpened)
TAKEN_BACK = (InputWithdrawn, RatingWithdrawn, RatingErased, RequestErased)


class ChannelUse(NamedTuple):
    """How many inputs of a service came by a channel that was told, the most frequent one, and those without any."""

    told: int
    channel: str
    of_channel: int
    untold: int


class _Input(msgspec.Struct, gc=False):
    """What is read of an event."""

    service_id: str
    channel: str | None = None
    given_at: datetime | None = None
    opened_at: datetime | None = None


def _sign(contract: type[Contract]) -> int:
    return 1 if issubclass(contract, GIVEN) else -1 if issubclass(contract, TAKEN_BACK) else 0


SIGNS = {name: sign for name, contract in feedback.TYPES.items() if (sign := _sign(contract))}
"""Of events that tell of a channel: whether they add an input or take one back."""
_DECODER = msgspec.json.Decoder(_Input)


def first_day(last: date) -> date:
    """The first of the days that count."""
    return last - timedelta(DAYS - 1)


class ChannelTally:
    """Counts inputs given on the days that end with `last`, by service and channel."""

    def __init__(self, last: date) -> None:
        self._begin = datetime.combine(first_day(last), datetime.min.time(), UTC)
        self._end = datetime.combine(last, datetime.min.time(), UTC) + timedelta(1)
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def take(self, type_: str, data: bytes) -> None:
        """An event; one that cannot be read was not counted elsewhere either."""
        sign = SIGNS.get(type_)
        if sign is None:
            return
        try:
            event = _DECODER.decode(data)
        except UNREADABLE:
            return
        given = event.given_at or event.opened_at
        if given is not None and given.tzinfo is not None and self._begin <= given < self._end:
            self._counts[event.service_id][named(event.channel)] += sign

    def uses(self) -> Mapping[str, ChannelUse]:
        """By service."""
        return {service: use_of(counts) for service, counts in self._counts.items() if any(counts.values())}


def named(channel: str | None) -> str:
    """A channel as it is counted: the same however it is written; empty where it was not told."""
    return (channel or "").replace("\0", "").strip().casefold()[:LONGEST]


def use_of(counts: Mapping[str, int]) -> ChannelUse:
    """What is kept of counts by channel."""
    told = {channel: count for channel, count in counts.items() if channel and count > 0}
    channel = min(told, key=lambda each: (-told[each], each), default="")
    return ChannelUse(sum(told.values()), channel, told.get(channel, 0), max(counts.get("", 0), 0))
