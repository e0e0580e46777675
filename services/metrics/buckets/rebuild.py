"""Rebuilding the sketches that a withdrawal touched, from the topic's history.

A partition is read from its start to where the consumer stands, and only then is the consumer held up, for the few
events that have been applied in the meantime.
"""

import asyncio
import random
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime

import asyncpg
import structlog
from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.buckets.sketches import sketch_of
from shared.cloudevents import InvalidEvent
from shared.contracts.base import UNREADABLE, Contract
from shared.contracts.feedback import (
    BudgetVoteCast,
    BudgetVoteWithdrawn,
    CommentPosted,
    CommentWithdrawn,
    ConsultationAnswered,
    ConsultationAnswerWithdrawn,
    ContributionPledged,
    ContributionWithdrawn,
    InputGiven,
    InputWithdrawn,
    NotePosted,
    NoteWithdrawn,
    ProposalPublished,
    ProposalWithdrawn,
    RatingErased,
    RatingGiven,
    RatingWithdrawn,
    RequestErased,
    RequestOpened,
    SupportGiven,
    SupportWithdrawn,
)
from shared.contracts.registry import UnknownType, decode
from shared.database import TRANSIENT, connection, transaction
from shared.inbox.history import History, history
from shared.inbox.received import receive
from shared.outbox.append import part_of

log = structlog.get_logger()

Key = tuple[str, str, date]
"""Service, district ('' where unknown) and the first day of the month."""

STALE = "SELECT service_id, district_id, month FROM contributor_sketch WHERE stale"
POSITION = "SELECT next_offset FROM consumer_offset WHERE topic = $1 AND partition = $2"
MARK = "SELECT seq FROM source_position WHERE source = $1 AND part = $2"
REPLACE = """
UPDATE contributor_sketch SET sketch = $4, stale = false WHERE (service_id, district_id, month) = ($1, $2, $3)
"""
REMOVE = "DELETE FROM contributor_sketch WHERE (service_id, district_id, month) = ($1, $2, $3)"
TOUCH = "UPDATE service_activity SET touched = touched + 1 WHERE service_id = ANY ($1)"

ID_OF: dict[type[Contract], str] = {
    RequestOpened: "request_id",
    RequestErased: "request_id",
    RatingGiven: "rating_id",
    RatingWithdrawn: "rating_id",
    RatingErased: "rating_id",
    NotePosted: "note_id",
    NoteWithdrawn: "note_id",
    ProposalPublished: "proposal_id",
    ProposalWithdrawn: "proposal_id",
    SupportGiven: "proposal_id",
    SupportWithdrawn: "proposal_id",
    CommentPosted: "comment_id",
    CommentWithdrawn: "comment_id",
    ContributionPledged: "contribution_id",
    ContributionWithdrawn: "contribution_id",
    ConsultationAnswered: "answer_id",
    ConsultationAnswerWithdrawn: "answer_id",
    BudgetVoteCast: "vote_id",
    BudgetVoteWithdrawn: "vote_id",
}
"""The member that, with the contributor and the time, tells an input from others of its kind."""

PAUSE_SECONDS = 0.5
SHARE_OF_TIME = 0.2
"""Rebuilding takes at most this share of the time, however many ratings are withdrawn."""


Given = RequestOpened | RatingGiven | InputGiven
TakenBack = RequestErased | RatingWithdrawn | RatingErased | InputWithdrawn

Item = tuple[str, str, str, str]
"""What tells an input from all others."""


def _item(event: Given | TakenBack) -> Item:
    return ID_OF[type(event)], getattr(event, ID_OF[type(event)]), event.contributor, _moment(event).isoformat()


def _moment(event: Given | TakenBack) -> datetime:
    return event.opened_at if isinstance(event, RequestOpened | RequestErased) else event.given_at


class Attendance:
    """Who took part in the months of interest. Inputs are known by id, so that neither order nor duplicates matter."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._inputs: dict[Key, dict[Item, tuple[int, str]]] = {key: {} for key in keys}
        self._withdrawn: dict[Item, int] = {}

    def note(self, sequence: int, event: Contract) -> None:
        """Takes an event of the partition."""
        if isinstance(event, Given):
            self._inputs_of(event)[_item(event)] = (sequence, event.contributor)
        elif isinstance(event, TakenBack):
            self._withdrawn[_item(event)] = sequence

    def note_record(self, record: ConsumerRecord, source: str) -> None:
        """Takes a message of the partition; a dead letter has no effect, as it had none on the sketch."""
        try:
            event = receive(record, source)
            self.note(event.sequence, decode(event.type, event.data))
        except (InvalidEvent, UnknownType, OverflowError, *UNREADABLE):
            pass

    def _inputs_of(self, event: Given) -> dict[Item, tuple[int, str]]:
        month = _moment(event).astimezone(UTC).date().replace(day=1)
        return self._inputs.get((event.service_id, event.district_id or "", month), {})

    def contributors(self, mark: int) -> dict[Key, set[str]]:
        """The distinct contributors of each key, by the events up to a number: later ones have not taken effect."""
        gone = {item for item, sequence in self._withdrawn.items() if sequence <= mark}
        return {
            key: {who for item, (sequence, who) in inputs.items() if sequence <= mark and item not in gone}
            for key, inputs in self._inputs.items()
        }


class SketchRebuilder:
    """Renews stale sketches for as long as the worker runs."""

    def __init__(self, engine: AsyncEngine, bootstrap: str, topic: str, source: str) -> None:
        self._engine = engine
        self._bootstrap = bootstrap
        self._topic = topic
        self._source = source

    async def run(self) -> None:
        """Works until cancelled. Faults of Kafka or PostgreSQL are waited out."""
        while True:
            started = time.monotonic()
            try:
                await self.renew()
            except (*TRANSIENT, KafkaError) as error:
                log.warning("rebuilding sketches interrupted", error=repr(error))
                await asyncio.sleep(random.random())
            await asyncio.sleep(PAUSE_SECONDS + (time.monotonic() - started) / SHARE_OF_TIME)

    async def renew(self) -> int:
        """Renews the sketches that are stale now; returns their number."""
        async with connection(self._engine) as database:
            stale: list[Key] = [(row[0], row[1], row[2]) for row in await database.fetch(STALE)]
        by_part: dict[int, list[Key]] = {}
        for key in stale:
            by_part.setdefault(part_of(key[0]), []).append(key)
        for part, keys in by_part.items():
            await self._renew_part(part, keys)
        return len(stale)

    async def _renew_part(self, part: int, keys: list[Key]) -> None:
        attendance = Attendance(keys)
        async with history(self._bootstrap, self._topic) as topic:
            async with connection(self._engine) as database:
                before = await database.fetchval(POSITION, self._topic, part)
            await self._read(topic, part, 0, before, attendance)
            async with transaction(self._engine) as database:
                position = await database.fetchval(POSITION + " FOR UPDATE", self._topic, part)
                mark = await database.fetchval(MARK, self._source, part)
                await self._read(topic, part, before, position, attendance)
                await _store(database, attendance.contributors(mark))
        log.info("sketches rebuilt", part=part, sketches=len(keys))

    async def _read(self, topic: History, part: int, start: int, end: int, attendance: Attendance) -> None:
        async for stretches in topic.read({part: start}, {part: end}):
            for record in stretches[part].records():
                attendance.note_record(record, self._source)
            await asyncio.sleep(0)  # others may work meanwhile


async def _store(database: asyncpg.Connection, found: dict[Key, set[str]]) -> None:
    for key, contributors in found.items():
        if contributors:
            await database.execute(REPLACE, *key, sketch_of(contributors))
        else:
            await database.execute(REMOVE, *key)
    await database.execute(TOUCH, sorted({service for service, _, _ in found}))
