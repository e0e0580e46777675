"""An update that a client sends, taken once: it moves a request, adds a note, both, or nothing."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import asyncpg
from msgspec import json

from services.feedback.fetching import store as fetching
from services.feedback.idempotency.domain import Answer, KeyReused
from services.feedback.idempotency.once import Done
from services.feedback.media import handlers as media
from services.feedback.media.domain import ANSWER, Attachment
from services.feedback.notes import handlers as notes
from services.feedback.notes.domain import Note, note_time
from services.feedback.open311 import store, updates
from services.feedback.open311.updates import Update
from services.feedback.receipts import Receipts
from services.feedback.requests import handlers as requests
from services.feedback.requests.domain import Answered, NoSuchRequest, Progressed, Request, Step, carry_out
from shared.auth import Caller
from shared.ids import uuid7
from shared.outbox.append import Outgoing

CHANNEL = "open311"


async def take(
    connection: asyncpg.Connection,
    update: Update,
    jurisdiction_id: str,
    client: Caller,
    receipts: Receipts,
    now: datetime,
) -> Done:
    """Takes an update; one that was taken before gets the id that it got then, and changes nothing.

    `jurisdiction_id` may be empty. Raises NoSuchRequest, or KeyReused where the id came with another update.
    """
    request = await requests.locked(connection, update.request_id)
    if jurisdiction_id not in ("", request.jurisdiction_id):
        raise NoSuchRequest(f"{update.request_id} in {jurisdiction_id[:100]}")
    digest = sha256("\0".join((str(request.id), update.state, update.text)).encode()).digest()
    before = await store.taken(connection, client.key_id, update.update_id)
    if before is not None:
        if before["digest"] != digest:
            raise KeyReused(f"update_id {update.update_id!r} came with another update before")
        return Done(_answer(before["told_as"]))
    told_as, events = await _act(connection, request, update, client, receipts, now)
    await store.remember(connection, client.key_id, update.update_id, request.id, digest, told_as)
    return Done(_answer(told_as), events)


def _answer(told_as: UUID) -> Answer:
    return Answer(200, json.encode(updates.document(told_as)))


async def _act(
    connection: asyncpg.Connection, request: Request, update: Update, client: Caller, receipts: Receipts, now: datetime
) -> tuple[UUID, list[Outgoing]]:
    """What an update comes to, by its id in the list of updates; one that comes to nothing has an id all the same."""
    order, has_note = updates.decide(request, update, client.name)
    told_as, moved, events = uuid5(request.id, update.update_id), request, list[Outgoing]()
    if order is not None:
        moved, steps = carry_out(request, order, now)
        events += await requests.record(connection, moved, steps)
        told_as = await _id_of(connection, moved, steps)
        if order.answer is not None:
            await _add_pictures(connection, told_as, update)
    if has_note:
        contributor = _contributor(request.jurisdiction_id, update, client, receipts)
        reporter = await _is_reporter(connection, request, update)
        note = _note(moved, order is not None, update, request.contributor if reporter else contributor, now)
        events += await notes.add(connection, note, moved)
        told_as = note.id
    return told_as, events


async def _add_pictures(connection: asyncpg.Connection, answer_id: UUID, update: Update) -> None:
    """What came with the answer: staff's, as the answer is."""
    wanted = Attachment(ANSWER, answer_id, None, [picture.id for picture in update.media])
    await media.add(connection, wanted)
    if update.media_urls:
        await fetching.add(connection, [fetching.Sent(update.request_id, update.media_urls, answer_id=answer_id)])


async def _id_of(connection: asyncpg.Connection, request: Request, steps: Sequence[Step]) -> UUID:
    """What happened at once is told as one: as the answer if there is one, else as the last step."""
    if any(isinstance(step, Answered) for step in steps):
        return await store.answer_id(connection, request.id, steps[-1].at)
    if isinstance(steps[-1], Progressed):
        return await store.progress_id(connection, request.id, steps[-1].at)
    return updates.wordless(request.id, "closing" if request.closed_at else "reopening", steps[-1].at)


def _note(request: Request, moved: bool, update: Update, contributor: str, now: datetime) -> Note:
    return Note(
        id=uuid7(),
        request_id=request.id,
        at=request.moved_at if moved else note_time(request, update.at, now),
        text=update.text,
        contributor=contributor,
        state=request.state if moved else None,
        media_urls=update.media_urls,
        media=update.media,
        contact=update.contact,
        channel=CHANNEL,
    )


async def _is_reporter(connection: asyncpg.Connection, request: Request, update: Update) -> bool:
    """Whether the e-mail address is the one that the request came with: a client with a key of staff is believed."""
    email = update.contact.get("email", "").casefold()
    return bool(email) and email == (await store.email(connection, request.id) or "").casefold()


def _contributor(jurisdiction_id: str, update: Update, client: Caller, receipts: Receipts) -> str:
    """One pseudonym for all that comes from an e-mail address by way of one client."""
    email = update.contact.get("email", "").casefold()
    whose = uuid5(NAMESPACE_URL, f"mailto:{email}?{client.key_id}") if email else uuid4()
    return receipts.pseudonym(whose, jurisdiction_id)
