"""The numbers of one part of a source, as its messages brought them: order, repetition, numbers used twice. Pure."""

from typing import NamedTuple

from deploy.checker.findings import Findings
from deploy.checker.messages import Envelope


class Entry(NamedTuple):
    """What came first under a number."""

    id: str
    fingerprint: bytes
    topic: str


class Ledger:
    """`take` each message in the order of the topic; `name` is how samples call the part."""

    def __init__(self, name: str, findings: Findings) -> None:
        self.entries: dict[int, Entry] = {}
        self.redelivered = 0
        self._name = name
        self._findings = findings
        self._highest: dict[str, int] = {}

    def take(self, event: Envelope, topic: str) -> bool:
        """True for the first occurrence of a number; what is wrong with it, or with a repetition, is noted."""
        entry = Entry(event.id, event.fingerprint(), topic)
        known = self.entries.setdefault(event.sequence, entry)
        if known is not entry:
            self._take_again(event, known, entry)
            return False
        self._keep_order(event, topic)
        return True

    def highest(self, topic: str) -> int:
        """The highest number on a topic; 0 where there is none."""
        return self._highest.get(topic, 0)

    def reached(self, topic: str) -> int:
        """The highest number on a topic before which no number is missing."""
        reached, number = 0, 1
        while (entry := self.entries.get(number)) is not None:
            if entry.topic == topic:
                reached = number
            number += 1
        return reached

    def _keep_order(self, event: Envelope, topic: str) -> None:
        highest = self.highest(topic)
        if event.sequence < highest:
            self._findings.add(
                "reordered",
                f"{self._name}: number {event.sequence} comes after {highest} on {topic} ({event.id})",
            )
        self._highest[topic] = max(highest, event.sequence)

    def _take_again(self, event: Envelope, known: Entry, entry: Entry) -> None:
        if known.id != entry.id:
            text = f"number {event.sequence} of {known.id} is used again for {event.id}, which no consumer will take"
            self._findings.add("lost", f"{self._name}: {text}")
            return
        self.redelivered += 1
        if known.fingerprint != entry.fingerprint:
            self._findings.add(
                "wrong", f"{self._name}: number {event.sequence} ({event.id}) was sent twice, differently"
            )
