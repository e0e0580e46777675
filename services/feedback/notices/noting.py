"""From events to what followers are to be told."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter

import asyncpg
from pydantic import EmailStr, TypeAdapter, ValidationError

from services.feedback.notices import store
from services.feedback.notices.domain import Follow, News, Subject, is_fresh, news
from shared.contracts.base import Contract
from shared.ids import uuid7

ENGLISH = "en"
ADDRESS: TypeAdapter[str] = TypeAdapter(EmailStr)


async def note(connection: asyncpg.Connection, contracts: Sequence[Contract]) -> None:
    """Notes, for those who follow what events are about, what is news to them."""
    found = [each for contract in contracts if (each := news(contract)) is not None and is_fresh(each)]
    if found:
        await _follow_own(connection, found)
        await store.note(connection, found)


async def _follow_own(connection: asyncpg.Connection, found: Sequence[News]) -> None:
    """Whoever left an address with a report is asked whether they want to hear of it."""
    opened = [each.about.id for each in found if each.event == "request-opened"]
    now = datetime.now(UTC)
    left = [(_address(row["email"]), row) for row in await store.reporters(connection, opened)] if opened else []
    asked = sorted(((email, row) for email, row in left if email is not None), key=itemgetter(0))
    # Addresses in one order: each is held, lest two workers wait for each other.
    for email, row in asked:
        follow = Follow(
            id=uuid7(),
            subject=Subject("request", row["request_id"]),
            jurisdiction_id=row["jurisdiction_id"],
            contributor=row["contributor"],
            email=email,
            language=ENGLISH,
            every=timedelta(0),
            created_at=now,
        )
        await store.ask(connection, follow)


def _address(left: str) -> str | None:
    """What was left as an address, if it is one and no more than one."""
    try:
        return ADDRESS.validate_python(left).lower()
    except ValidationError:
        return None
