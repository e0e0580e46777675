"""What one input does not show, but several do: copies, and bursts. Pure; it remembers the last hour.

Nothing is refused for it. Neighbours who sign the same letter, or somebody who walks along a street with many
dark lamps, look the same: staff decides.
"""

import re
from collections import defaultdict, deque
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from confusable_homoglyphs import confusables
from rapidfuzz import fuzz, process, utils

from services.feedback.moderation.items import Item

WITHIN = timedelta(hours=1)
COPIES = 3
ALIKE = 90
"""Per cent of two texts that are the same, once case and punctuation are set aside (normalised indel similarity)."""
SHORTEST, LONGEST = 30, 500
"""Characters: shorter ones, such as "street lamp broken", are the same by chance; longer ones are compared so far."""
MOST_COMPARED = 2_000
"""Texts of a jurisdiction with which a new one is compared."""
BURST, BURST_WITHIN = 20, timedelta(minutes=10)

MOST_WORDS = 300
FOREIGN_WORDS = re.compile(r"\w*[^\W\x00-\x7f]\w*")


class Finding(NamedTuple):
    """Why staff should look at an input."""

    kind: str
    id: UUID
    reason: str
    note: str


class _Said(NamedTuple):
    at: datetime
    kind: str
    id: UUID
    whose: str | None
    text: str


class Watch:
    """Looks at inputs in the order in which they came, of one kind after another."""

    def __init__(self) -> None:
        self._said: dict[str, deque[_Said]] = defaultdict(lambda: deque(maxlen=MOST_COMPARED))
        self._times: dict[str, deque[datetime]] = {}

    def look(self, item: Item, at: datetime) -> list[Finding]:
        """What is found about an input, and by it about earlier ones."""
        found = [Finding(item.kind, item.id, reason, note) for reason, note in _alone(item)]
        return found + self._copies(item, at) + self._burst(item, at)

    def forget(self, now: datetime) -> None:
        """Drops what is older than an hour."""
        for said in self._said.values():
            while said and said[0].at < now - WITHIN:
                said.popleft()
        self._times = {who: times for who, times in self._times.items() if times[-1] >= now - BURST_WITHIN}

    def _copies(self, item: Item, at: datetime) -> list[Finding]:
        text = utils.default_process(max((text or "" for text in item.texts.values()), key=len))[:LONGEST]
        if len(text) < SHORTEST:
            return []
        said = self._said[item.jurisdiction_id]
        recent = [each for each in said if abs(at - each.at) <= WITHIN]
        same = process.extract(text, [each.text for each in recent], scorer=fuzz.ratio, score_cutoff=ALIKE, limit=None)
        copies = [recent[index] for _, _, index in same]
        this = _Said(at, item.kind, item.id, item.contributor, text)
        said.append(this)
        if len(copies) + 1 < COPIES:
            return []
        copies.append(this)
        note = f"nearly the same text {len(copies)} times within an hour, by {len({each.whose for each in copies})}"
        return [Finding(each.kind, each.id, "copies", note) for each in (copies if len(copies) == COPIES else [this])]

    def _burst(self, item: Item, at: datetime) -> list[Finding]:
        """Of a burst every twentieth input is flagged: enough to be seen, and no flood of cases."""
        if item.contributor is None:
            return []
        times = self._times.setdefault(item.contributor, deque())
        times.append(at)
        while times[0] < at - BURST_WITHIN:
            times.popleft()
        if len(times) % BURST:
            return []
        minutes = BURST_WITHIN // timedelta(minutes=1)
        return [
            Finding(item.kind, item.id, "burst", f"{len(times)} inputs of one contributor within {minutes} minutes")
        ]


def _alone(item: Item) -> list[tuple[str, str]]:
    """What an input shows by itself."""
    found = []
    if item.public != item.texts:
        found.append(("personal-data", "masked in what the public reads"))
    words = (word for text in item.texts.values() if text for word in FOREIGN_WORDS.findall(text))
    if mixed := next(filter(confusables.is_dangerous, islice(words, MOST_WORDS)), None):
        found.append(("mixed-scripts", f"letters of several scripts that look alike: {mixed[:50]}"))
    return found
