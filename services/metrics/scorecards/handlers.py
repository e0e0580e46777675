"""What happens when a scorecard is stored or activated, each within one transaction."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import asyncpg
import msgspec

from services.metrics.rebuilding import store as measures
from services.metrics.scorecards import store
from services.metrics.scorecards.cards import Cards
from services.metrics.scorecards.findings import Document, Finding
from services.metrics.scorecards.store import Activation, Kept, Stored
from services.metrics.scorecards.validation import examine
from services.metrics.scores.scorecard import DEFAULT, Scorecard, scorecards

ADDING = "adding"
"""Whoever stores a scorecard waits for those who do so at the same time: it is rare, and versions follow each other."""


class Invalid(ValueError):
    """The document is no scorecard."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("not a scorecard")
        self.findings = findings


class LabelTaken(Exception):
    """There is another scorecard of that id and version, which cannot be changed."""


class KeyReused(Exception):
    """The key came with another request before."""


class Claim(NamedTuple):
    """An idempotency key, in the space of whoever sends it, with a digest of what it came with."""

    scope: str
    key: str
    request_hash: bytes


async def check(database: asyncpg.Connection, document: Document) -> Scorecard:
    """The scorecard that a document would be; without a version it is the next one of its id. Raises Invalid."""
    value = document.value
    if isinstance(value, dict) and "version" not in value and isinstance(value.get("id"), str):
        newest = await store.newest(database, value["id"]) if _storable(value["id"]) else None
        version = newest.card.version + 1 if newest else 1
        if newest is not None and _same(value | {"version": newest.card.version}, newest.card):
            version = newest.card.version
        document = document._replace(value={"id": value["id"], "version": version, **value})
    card, findings = examine(document)
    if card is None:
        raise Invalid(findings)
    if card.id in {each.id for each in scorecards().values()}:
        message = f"{card.id!r} is the id of a scorecard of the platform"
        raise Invalid([document.finding(("id",), message, "an id of your own, such as the city's name")])
    return card


def _storable(text: str) -> bool:
    return text.isascii() and len(text) <= 63


def _same(value: Mapping[str, Any], card: Scorecard) -> bool:
    try:
        return msgspec.convert(value, Scorecard) == card
    except (msgspec.ValidationError, TypeError):
        return False


async def add(database: asyncpg.Connection, document: Document, by: str, claim: Claim | None) -> tuple[Stored, bool]:
    """Stores a scorecard, and tells whether it is new. One that is there already stays as it is.

    Raises Invalid, LabelTaken, KeyReused.
    """
    await store.wait_for_turn(database, ADDING)
    if claim is not None and (kept := await store.recall(database, claim.scope, claim.key)):
        if kept.request_hash != claim.request_hash:
            raise KeyReused(claim.key)
        return await store.get(database, kept.label), True
    card = await check(database, document)
    known = await store.find(database, card.label)
    if known is not None and known.card != card:
        raise LabelTaken(await _advice(database, card))
    stored = known or await store.add(database, card, by)
    await measures.ensure_kept(database, card.measures)
    if claim is not None:
        await store.claim(database, claim.scope, claim.key, Kept(claim.request_hash, card.label))
    return stored, known is None


async def _advice(database: asyncpg.Connection, card: Scorecard) -> str:
    newest = await store.newest(database, card.id)
    following = 1 + (newest.card if newest else card).version
    return f"{card.label} is stored and stays as it is: make this version {following}, or leave the version out"


async def activate(
    database: asyncpg.Connection, cards: Cards, jurisdiction_id: str, label: str, reason: str, by: str
) -> None:
    """From now on a jurisdiction's services are scored by this card. Said again, it changes nothing.

    Raises NoSuchScorecard.
    """
    card = await cards.read(database, label)
    await store.wait_for_turn(database, f"for {jurisdiction_id}")
    now = await active(database, jurisdiction_id)
    if now is not None and (now.label, now.reason) == (label, reason):
        return
    await store.activate(database, jurisdiction_id, label, reason, by)
    await measures.ensure_kept(database, card.measures)
    if label != (now.label if now else DEFAULT):
        await store.touch(database, jurisdiction_id)


async def active(database: asyncpg.Connection, jurisdiction_id: str) -> Activation | None:
    """What a jurisdiction has activated last, if it ever did."""
    return next(iter(await store.history(database, jurisdiction_id, None, 1)), None)
