"""What can be done with cases, each inside one transaction. No event tells of it: it changes no score.

The input is locked before its case, here as elsewhere, lest two wait for each other.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

import asyncpg

from services.feedback.me.handlers import is_giver
from services.feedback.moderation import items, store
from services.feedback.moderation.domain import (
    MOST_ANONYMOUS,
    Case,
    Decision,
    NoSuchCase,
    NoSuchInput,
    NotYourCase,
    UnfitTexts,
    appeal,
    decide,
    flagged,
)
from services.feedback.moderation.items import Item
from services.feedback.people.domain import Identity
from services.feedback.receipts import Receipts
from shared.ids import uuid7

STAYS = "FOR KEY SHARE"


async def flag(
    connection: asyncpg.Connection,
    kind: str,
    item_id: UUID,
    reason: str,
    now: datetime,
    *,
    note: str | None = None,
    who: Callable[[str], str | None] = lambda _: None,
) -> None:
    """Somebody flags an input; `who` tells their pseudonym in a jurisdiction. Raises NoSuchInput."""
    item = await items.find(connection, kind, item_id, lock=STAYS)
    if item is None or not await items.is_public(connection, kind, item_id):
        raise NoSuchInput(f"{kind} {item_id}")
    case = await store.opened(connection, _new(item, now))
    new = not await store.is_known_reason(connection, case.id, reason)
    contributor = who(item.jurisdiction_id)
    if contributor is not None or not await store.flag_again(connection, case.id, reason, MOST_ANONYMOUS):
        await store.flag(connection, case.id, now, reason, note=note, contributor=contributor)
    await _reopen(connection, case, new, now)


async def flag_automatically(
    connection: asyncpg.Connection, kind: str, item_id: UUID, reason: str, note: str, now: datetime
) -> None:
    """A rule flags an input, once; one that is gone by now is passed over."""
    item = await items.find(connection, kind, item_id, lock=STAYS)
    if item is None:
        return
    case = await store.opened(connection, _new(item, now))
    if await store.flag(connection, case.id, now, reason, note=note, automatic=True):
        await _reopen(connection, case, True, now)


def _new(item: Item, now: datetime) -> Case:
    return Case(
        id=uuid7(),
        kind=item.kind,
        item_id=item.id,
        jurisdiction_id=item.jurisdiction_id,
        service_id=item.service_id,
        contributor=item.contributor,
        state="open",
        opened_at=now,
        waiting_since=now,
    )


async def _reopen(connection: asyncpg.Connection, case: Case, new_reason: bool, now: datetime) -> None:
    changed = flagged(case, new_reason, now)
    if changed is not case:
        await store.change(connection, changed)


async def rule(
    connection: asyncpg.Connection, case_id: UUID, decision: Decision, texts: Mapping[str, str] | None
) -> Case:
    """Staff decides. Raises NoSuchCase, UnfitTexts, or NoSuchInput.

    The last one where its giver took it back meanwhile: then the case can only be closed, by `keep`.
    """
    case, item = await _locked(connection, case_id)
    if item is not None:
        await _carry_out(connection, item, decision, texts or {})
    elif decision.decision != "keep":
        raise NoSuchInput(f"{case.kind} {case.item_id} was taken back; 'keep' closes the case")
    decided = decide(case, decision)
    await store.record(connection, case, decision)
    await store.change(connection, decided)
    return decided


async def _carry_out(connection: asyncpg.Connection, item: Item, decision: Decision, texts: Mapping[str, str]) -> None:
    if decision.decision == "redact":
        await items.redact(connection, item.kind, item.id, _fitting(item, texts))
    hide_at = decision.at if decision.decision == "hide" else None
    if item.hidden != (hide_at is not None):
        await items.hide(connection, item.kind, item.id, hide_at)


def _fitting(item: Item, texts: Mapping[str, str]) -> Mapping[str, str]:
    has = [name for name, text in item.texts.items() if text is not None]
    if strange := [name for name in texts if name not in has]:
        raise UnfitTexts(f"it has no {', '.join(strange)[:200]}; it has {', '.join(has) or 'no text'}")
    return texts


async def object_to(
    connection: asyncpg.Connection, receipts: Receipts, identity: Identity, case_id: UUID, text: str, now: datetime
) -> Case:
    """The giver appeals. Raises NoSuchCase, NotYourCase or NoAppeal."""
    case, _ = await _locked(connection, case_id)
    if not await is_giver(connection, receipts, identity, case.contributor, case.jurisdiction_id):
        raise NotYourCase(f"case {case_id} is about what somebody else gave")
    appealed = appeal(case, text, now)
    await store.change(connection, appealed)
    return appealed


async def _locked(connection: asyncpg.Connection, case_id: UUID) -> tuple[Case, Item | None]:
    case = await store.find(connection, case_id)
    if case is None:
        raise NoSuchCase(f"{case_id}")
    item = await items.find(connection, case.kind, case.item_id, lock="FOR UPDATE")
    case = await store.find(connection, case_id, lock=True)
    if case is None:
        raise NoSuchCase(f"{case_id}")
    return case, item
