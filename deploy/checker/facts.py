"""From feedback's rows to the topic and to metrics: has every fact its events, and each its effect, exactly once?"""

import json
from collections import Counter
from datetime import date
from uuid import UUID

import asyncpg

from deploy.checker.delivery import Delivered
from deploy.checker.findings import Findings
from deploy.checker.parts import sql, stream
from deploy.checker.witness import FeedbackWitness

EFFECTS = """
SELECT b.service_id, b.day, b.count FROM bucket_day b JOIN measure m ON m.code = b.measure WHERE m.name = 'events'
"""

ENDINGS = (".withdrawn.v1", ".erased.v1")


async def compare_rows(
    feedback: asyncpg.Connection, witness: FeedbackWitness, delivered: Delivered, findings: Findings
) -> int:
    """Compares rows with the events on the topic; returns how many events the rows must have caused.

    An event that the topic lacks is known already where its outbox row names its item, or its number is missing.
    """
    for type_, payload in delivered.unsent:
        if type_.startswith("feedback."):
            witness.account_for(type_, json.loads(payload))
    expected, known_missing = 0, delivered.unattributed
    async for type_, item, events in stream(feedback, sql("facts")):
        expected += events
        surplus = witness.about[type_].pop(item, 0) - events
        if surplus > 0:
            findings.add("doubled", f"{type_} about {UUID(bytes=item)}: {surplus} too many on the topic", surplus)
        forgiven = min(known_missing, max(-surplus, 0))
        known_missing -= forgiven
        if -surplus > forgiven:
            lost = -surplus - forgiven
            findings.add("lost", f"{type_} about {UUID(bytes=item)}: {lost} missing on the topic", lost)
    _note_leftovers(witness, findings)
    return expected


def _note_leftovers(witness: FeedbackWitness, findings: Findings) -> None:
    """What was given and taken back for good has no row any longer; that it was is on the topic."""
    gone = {item for type_, items in witness.about.items() if type_.endswith(ENDINGS) for item in items}
    for type_, items in witness.about.items():
        for item, events in items.items():
            if item in gone:
                continue
            findings.add("doubled", f"{type_} about {item.hex()}: on the topic, but feedback has no such row", events)


async def compare_effects(metrics: asyncpg.Connection, witness: FeedbackWitness, findings: Findings) -> None:
    """Compares the events on the topic with those that metrics has counted."""
    counted: Counter[tuple[str, date]] = Counter()
    async for service, day, count in stream(metrics, EFFECTS):
        counted[service, day] = count
    for service, day in sorted(counted.keys() | witness.on.keys()):
        surplus = counted[service, day] - witness.on[service, day]
        if surplus:
            kind, word = ("doubled", "more") if surplus > 0 else ("lost", "fewer")
            text = f"{service}: metrics counts {abs(surplus)} {word} on {day} than the topic has"
            findings.add(kind, text, abs(surplus))
