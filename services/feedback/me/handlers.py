"""What somebody can do with all that they gave, each inside one transaction."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg

from services.feedback.me import store
from services.feedback.me.store import Erasure, Whose
from services.feedback.people import store as people
from services.feedback.people.domain import Erased, Identity
from services.feedback.receipts import Receipts


async def pseudonyms(connection: asyncpg.Connection, receipts: Receipts, givers: Sequence[UUID]) -> list[str]:
    """What rows may call these contributors."""
    places = await store.jurisdictions(connection)
    return [receipts.pseudonym(giver, place) for giver in givers for place in places]


async def ask_for_erasure(connection: asyncpg.Connection, receipts: Receipts, identity: Identity) -> Erasure:
    """Marks a contributor as erased: once it is committed, nothing of theirs is taken, and all there is goes.

    Raises Erased where they are already. Waits for what is being written for them, so that nothing comes after.
    """
    givers = [identity.contributor]
    marks = [receipts.mark(giver) for giver in givers]
    await people.lock(connection, marks)
    if await people.is_erased(connection, identity.mark):
        raise Erased("What this token stood for was erased")
    await people.erase(connection, marks)
    erasure = Erasure(uuid4(), datetime.now(UTC), 0, None)
    await store.add(connection, erasure, Whose(givers, await pseudonyms(connection, receipts, givers)))
    return erasure
