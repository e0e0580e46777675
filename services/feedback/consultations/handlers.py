"""What can be done with consultations, each inside one transaction that ends with its events."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.feedback.consultations import publishes, store
from services.feedback.consultations.domain import (
    Consultation,
    ConsultationAnswer,
    NoSuchAnswer,
    NoSuchConsultation,
    check_draft,
    correct,
    publish,
    read_answers,
)
from services.feedback.consultations.schemas import AnswerInput, CorrectionInput
from services.feedback.periods.domain import taken_at
from services.feedback.periods.store import database_now, take_turn
from services.feedback.screening import masked
from shared.contracts.feedback import Because
from shared.ids import uuid7
from shared.outbox.append import Outgoing

SHARE, UPDATE = "FOR SHARE", "FOR UPDATE"


async def find(connection: asyncpg.Connection, consultation_id: UUID, lock: str = "") -> Consultation:
    """Raises NoSuchConsultation."""
    found = await store.find(connection, consultation_id, lock)
    if found is None:
        raise NoSuchConsultation(f"{consultation_id}")
    return found


async def rewrite(connection: asyncpg.Connection, consultation_id: UUID, members: Mapping[str, Any]) -> Consultation:
    """Replaces a draft. Raises NoSuchConsultation or AlreadyPublished."""
    draft = await find(connection, consultation_id, UPDATE)
    check_draft(draft)
    changed = replace(draft, changed_at=await database_now(connection), **members)
    await store.save(connection, changed)
    return changed


async def throw_away(connection: asyncpg.Connection, consultation_id: UUID) -> None:
    """Deletes a draft. Raises NoSuchConsultation or AlreadyPublished."""
    check_draft(await find(connection, consultation_id, UPDATE))
    await store.delete(connection, consultation_id)


async def open_up(connection: asyncpg.Connection, consultation_id: UUID) -> tuple[Consultation, Sequence[Outgoing]]:
    """Publishes a draft. Raises NoSuchConsultation, AlreadyPublished or ImpossiblePeriod."""
    draft = await find(connection, consultation_id, UPDATE)
    published = publish(draft, await database_now(connection))
    await store.save(connection, published)
    await store.keep_version(connection, published, None)
    return published, [publishes.opened(published)]


async def reword(
    connection: asyncpg.Connection, consultation_id: UUID, given: CorrectionInput, author: str
) -> Consultation:
    """Corrects the wording. Raises NoSuchConsultation, NotPublished or OtherQuestions."""
    found = await find(connection, consultation_id, UPDATE)
    now = await database_now(connection)
    corrected = correct(found, given.title, given.text, given.questions, author, now)
    await store.save(connection, corrected)
    await store.keep_version(connection, corrected, given.reason)
    return corrected


async def answer(
    connection: asyncpg.Connection,
    consultation_id: UUID,
    given: AnswerInput,
    contributor: str,
    same: Sequence[str],
    made_at: datetime | None = None,
) -> tuple[ConsultationAnswer, Sequence[Outgoing]]:
    """Takes an answer, in place of an earlier one; `same` is what rows call its giver, whatever token they showed.

    Raises NoSuchConsultation, NotPublished, NotOpen, NewerSaid or FaultyAnswers.
    While the consultation is locked its answers cannot be counted: so all that were taken are.
    """
    consultation = await find(connection, consultation_id, SHARE)
    await take_turn(connection, same[0], consultation_id)
    now = await database_now(connection)
    consultation.period.check_open(now, "the consultation")
    choices, texts = read_answers(consultation.questions, given.answers)
    hidden = await store.hidden_texts(connection, consultation_id, same) if texts else {}
    earlier = await store.delete_answers_of(connection, consultation_id, same)
    latest = max((each.given_at for each in earlier), default=None)
    given_at = taken_at(consultation.period, now, made_at, latest)
    taken = ConsultationAnswer(
        id=uuid7(),
        consultation_id=consultation_id,
        contributor=contributor,
        given_at=given_at,
        version=consultation.version,
        choices=choices,
        texts=texts,
        district_id=given.district_id,
        channel=given.channel,
        campaign=given.campaign,
    )
    masks = {code: masked(text) for code, text in texts.items()}
    await store.add_answer(connection, taken, masks, hidden)
    replaced = [publishes.withdrawn(each, consultation, now, Because.REPLACED) for each in earlier]
    return taken, [*replaced, publishes.answered(taken, consultation)]


async def take_back(connection: asyncpg.Connection, consultation_id: UUID, same: Sequence[str]) -> Sequence[Outgoing]:
    """Deletes an answer for its giver, `same`. Raises NoSuchConsultation, NotPublished, NotOpen or NoSuchAnswer."""
    consultation = await find(connection, consultation_id, SHARE)
    await take_turn(connection, same[0], consultation_id)
    now = await database_now(connection)
    consultation.period.check_open(now, "the consultation")
    gone = await store.delete_answers_of(connection, consultation_id, same)
    if not gone:
        raise NoSuchAnswer(f"nothing was answered to {consultation_id} with this receipt token")
    return [publishes.withdrawn(each, consultation, now, Because.WITHDRAWN) for each in gone]


async def close(connection: asyncpg.Connection, consultation_id: UUID) -> Sequence[Outgoing]:
    """Counts the answers of a consultation that is over: once, whoever comes first."""
    consultation = await find(connection, consultation_id, UPDATE)
    now = await database_now(connection)
    if consultation.counted_at is not None or consultation.state(now) != "closed":
        return []
    answers = await store.number_of_answers(connection, consultation_id)
    await store.save(connection, replace(consultation, counted_at=now, answers=answers))
    return [publishes.closed(consultation, answers)]
