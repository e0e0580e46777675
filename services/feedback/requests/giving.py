"""What a contributor can do with all their requests: take them along, or have them erased."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from services.feedback.idempotency import store as keys
from services.feedback.me.giving import Erased, Giving
from services.feedback.media import store as media
from services.feedback.media.domain import ANSWER, NOTE, REQUEST
from services.feedback.notes import store as notes
from services.feedback.notes.publishes import note_withdrawn
from services.feedback.requests import publishes, store
from shared.contracts.feedback import Because


async def _export(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[dict[str, Any]]:
    return await store.all_of(connection, contributors)


async def _erase(connection: asyncpg.Connection, contributors: Sequence[str], most: int, at: datetime) -> Erased:
    """With all that belongs to them, and what staff was told of them when they moved them.

    What other citizens added to them goes with them, for it has no place without: it counts no longer either.
    """
    requests = await store.locked_of(connection, contributors, most)
    ids = [request.id for request in requests]
    undone = await store.reopenings(connection, ids)
    added = await notes.by_citizens(connection, ids)
    await media.orphan(connection, REQUEST, ids)
    await media.orphan(connection, NOTE, await notes.ids_of(connection, ids))
    await media.orphan(connection, ANSWER, await store.answers_of(connection, ids))
    await store.erase(connection, ids)
    await keys.forget_told(connection, ids)
    of = {request.id: request for request in requests}
    events = [note_withdrawn(note, of[note.request_id], at, Because.ERASED) for note in added]
    return Erased(len(ids), events + [publishes.request_erased(each, undone.get(each.id, ()), at) for each in requests])


GIVING = Giving("requests", _export, _erase)
