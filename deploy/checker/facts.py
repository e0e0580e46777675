"""From feedback's rows to the topic and to metrics: has every fact its events, and each its effect, exactly once?"""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import asyncpg

from deploy.checker.delivery import Delivered
from deploy.checker.findings import Findings
from deploy.checker.parts import sql, stream
from deploy.checker.witness import ENDINGS, Fact, FeedbackWitness

EFFECTS = """
SELECT b.service_id, b.day, b.count FROM bucket_day b JOIN measure m ON m.code = b.measure WHERE m.name = 'events'
"""

REPEATED = frozenset(f"feedback.request.{step}.v1" for step in ("progressed", "answered", "closed", "reopened"))
"""What can happen more than once to one that is gone."""

Gone = Counter[tuple[str, str, date]]
"""Events about what was taken back and has no row any longer, by jurisdiction, service and day."""


class Facts(NamedTuple):
    """How many events there must have been, and those of them that no row tells of."""

    events: int
    gone: Gone


async def compare_rows(
    feedback: asyncpg.Connection, witness: FeedbackWitness, delivered: Delivered, findings: Findings
) -> Facts:
    """Compares rows with the events on the topic; uses up the witness' lives.

    An event that the topic lacks is known already where its outbox row names its item, or its number is missing.
    """
    for type_, payload, day in delivered.unsent:
        if type_.startswith("feedback."):
            witness.account_for(type_, json.loads(payload), day)
    expected, known_missing = 0, delivered.unattributed
    async for item, types in stream(feedback, sql("facts")):
        expected += len(types)
        surplus = Counter(fact.type for fact in witness.lives.pop(item, ()))
        surplus.subtract(types)
        for type_, number in surplus.items():
            if number > 0:
                findings.add("doubled", f"{type_} about {_name(item)}: {number} too many on the topic", number)
            forgiven = min(known_missing, max(-number, 0))
            known_missing -= forgiven
            if -number > forgiven:
                lost = -number - forgiven
                findings.add("lost", f"{type_} about {_name(item)}: {lost} missing on the topic", lost)
    gone = _examine_gone(witness, findings)
    return Facts(expected + gone.total(), gone)


def _examine_gone(witness: FeedbackWitness, findings: Findings) -> Gone:
    """What was given and taken back for good has no row any longer; that it was is on the topic."""
    gone: Gone = Counter()
    for item, life in witness.lives.items():
        types = Counter(fact.type for fact in life)
        if any(type_.endswith(ENDINGS) for type_ in types):
            gone.update((fact.jurisdiction, fact.service, fact.day) for fact in _once(item, life, types, findings))
        else:
            for type_, number in types.items():
                text = f"{type_} about {_name(item)}: on the topic, but feedback has no such row"
                findings.add("doubled", text, number)
    return gone


def _once(item: bytes, life: Sequence[Fact], types: Counter[str], findings: Findings) -> Sequence[Fact]:
    """The events of a life, without those that are too many."""
    kept = list(life)
    for type_, number in types.items():
        if number > 1 and type_ not in REPEATED:
            text = f"{type_} about {_name(item)}: {number - 1} too many on the topic"
            findings.add("doubled", text, number - 1)
            for _ in range(number - 1):
                kept.remove(next(fact for fact in reversed(kept) if fact.type == type_))
    return kept


def _name(item: bytes) -> str:
    """An item as people find it: by its id, and what else its name is made of."""
    id_, rest = item[:16].hex(), item[16:-8].decode(errors="replace")
    return "-".join((id_[:8], id_[8:12], id_[12:16], id_[16:20], id_[20:])) + (f" by {rest}" if rest else "")


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
