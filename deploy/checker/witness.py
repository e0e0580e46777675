"""What the topics say, in the small: how many events about each item, on which days, and the newest states. Pure."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from deploy.checker.messages import Envelope

ITEM = {
    "request": "request_id", "rating": "rating_id", "note": "note_id", "call": "call_id",
    "contribution": "contribution_id",
}  # fmt: skip
"""The member that names what an event is about, by the second word of its type."""


class FeedbackWitness:
    """`about` counts events by type and item, `on` by service and day of the event's time."""

    def __init__(self) -> None:
        self.about: defaultdict[str, Counter[bytes]] = defaultdict(Counter)
        self.on: Counter[tuple[str, date]] = Counter()
        self.events = 0

    def take(self, event: Envelope) -> None:
        """An event that is on the topic. What cannot be read is no evidence of anything."""
        try:
            data = json.loads(event.data.decode())
            self.on[data["service_id"], _day(event.time)] += 1
            self.account_for(event.type, data)
        except (ValueError, KeyError, TypeError, IndexError):
            return
        self.events += 1

    def account_for(self, type_: str, data: Mapping[str, Any]) -> None:
        """An event whose item is known, on the topic or not."""
        item = str(data[ITEM[type_.split(".")[1]]])
        self.about[type_][bytes.fromhex(item.replace("-", ""))] += 1


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


@lru_cache(maxsize=65_536)
def _utc_day(text: str) -> date:
    return datetime.fromisoformat(text).astimezone(UTC).date()


@lru_cache(maxsize=16_384)
def _plain_day(text: str) -> date:
    return date.fromisoformat(text)


def _day(time: str) -> date:
    """The UTC day of an RFC 3339 time."""
    return _plain_day(time[:10]) if time.endswith("Z") else _utc_day(time)
