"""What the topics say, in the small: the events about each item, their number by day, and the newest states. Pure."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple

from deploy.checker.messages import Envelope

NAMED_BY = {
    "request.": ("request_id",),
    "rating.": ("rating_id",),
    "note.": ("note_id",),
    "call.": ("call_id",),
    "contribution.": ("contribution_id",),
    "proposal.": ("proposal_id",),
    "support.": ("proposal_id", "contributor", "given_at"),
    "comment.": ("comment_id",),
    "consultation.answer": ("answer_id",),
    "consultation.": ("consultation_id",),
    "budget.vote.": ("vote_id",),
    "budget.": ("budget_id",),
}
"""The members that name what an event is about, by how its type begins; the first that fits."""

ENDINGS = (".withdrawn.v1", ".erased.v1")
"""How types end of which an input counts no longer."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Fact(NamedTuple):
    """An event about an item: what happened, where, and on which day by its time."""

    type: str
    jurisdiction: str
    service: str
    day: date


class FeedbackWitness:
    """`lives` holds the events about each item, `on` counts those on the topic by service and day.

    `taken_back` has who gave what counts no longer, by service, district and month.
    """

    def __init__(self) -> None:
        self.lives: dict[bytes, list[Fact]] = {}
        self.on: Counter[tuple[str, date]] = Counter()
        self.taken_back: defaultdict[tuple[str, str, date], set[str]] = defaultdict(set)
        self._facts: dict[Fact, Fact] = {}

    def take(self, event: Envelope) -> None:
        """An event that is on the topic. What cannot be read is no evidence of anything."""
        try:
            data, day = json.loads(event.data.decode()), _day(event.time)
            self.on[data["service_id"], day] += 1
            self.account_for(event.type, data, day)
            if event.type.endswith(ENDINGS):
                self._note_taken_back(data)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            return

    def account_for(self, type_: str, data: Mapping[str, Any], day: date) -> None:
        """An event whose item is known, on the topic or not."""
        fact = Fact(type_, data["jurisdiction_id"], data["service_id"], day)
        life = self.lives.setdefault(item_of(type_, data), [])
        life.append(self._facts.setdefault(fact, fact))

    def _note_taken_back(self, data: Mapping[str, Any]) -> None:
        month = _day(data.get("given_at") or data["opened_at"]).replace(day=1)
        self.taken_back[data["service_id"], data.get("district_id") or "", month].add(data["contributor"])


class StateWitness:
    """The newest data of each type and subject on a topic of states."""

    def __init__(self) -> None:
        self.newest: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)

    def take(self, event: Envelope) -> None:
        """Events of one subject lie in one partition, so that the last to come is the newest."""
        try:
            data = json.loads(event.data.decode())
            self.newest[event.type][data.get("id") or data["service_id"]] = data
        except (ValueError, KeyError, TypeError, AttributeError):
            return


def item_of(type_: str, data: Mapping[str, Any]) -> bytes:
    """What `facts.sql` calls the item: the bytes of each member, joined."""
    return b"".join(_bytes(name, data[name]) for name in _named_by(type_))


@cache
def _named_by(type_: str) -> tuple[str, ...]:
    kind = type_.removeprefix("feedback.")
    for beginning, members in NAMED_BY.items():
        if kind.startswith(beginning):
            return members
    raise KeyError(type_)


def _bytes(name: str, value: str) -> bytes:
    if name.endswith("_id"):
        return bytes.fromhex(value.replace("-", ""))
    if name.endswith("_at"):
        return ((datetime.fromisoformat(value) - EPOCH) // MICROSECOND).to_bytes(8, signed=True)
    return value.encode()


@lru_cache(maxsize=65_536)
def _utc_day(text: str) -> date:
    return datetime.fromisoformat(text).astimezone(UTC).date()


@lru_cache(maxsize=16_384)
def _plain_day(text: str) -> date:
    return date.fromisoformat(text)


def _day(time: str) -> date:
    """The UTC day of an RFC 3339 time."""
    return _plain_day(time[:10]) if time.endswith("Z") else _utc_day(time)
