"""The tables of consultations, their versions, answers and texts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from msgspec import json
from pydantic import TypeAdapter

from services.feedback.consultations.domain import Consultation, ConsultationAnswer
from services.feedback.consultations.questions import AnyQuestion, Question
from services.feedback.consultations.results import Counted
from services.feedback.periods import listing
from services.feedback.periods.listing import Wanted

QUESTIONS: TypeAdapter[list[AnyQuestion]] = TypeAdapter(list[Question])

FIELDS = (
    "id", "jurisdiction_id", "service_id", "title", "text", "questions", "closes_at", "author", "changed_at",
    "opens_at", "live_results", "version", "published_at", "counted_at", "answers",
)  # fmt: skip
COLUMNS = ", ".join(FIELDS)
values_of = attrgetter(*FIELDS)
SAVE = f"""
INSERT INTO consultation ({COLUMNS}) VALUES ({", ".join(f"${n}" for n in range(1, len(FIELDS) + 1))})
ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in FIELDS[1:])}
"""
FIND = f"SELECT {COLUMNS} FROM consultation WHERE id = $1"
KEEP_VERSION = """
INSERT INTO consultation_version (consultation_id, version, title, text, questions, reason, author, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
VERSIONS = """
SELECT version, title, text, questions, reason, at FROM consultation_version WHERE consultation_id = $1 ORDER BY version
"""
DUE = """
SELECT id FROM consultation
WHERE published_at IS NOT NULL AND counted_at IS NULL AND closes_at <= clock_timestamp() ORDER BY id LIMIT $1
"""
ANSWER_FIELDS = (
    "id", "consultation_id", "contributor", "given_at", "version", "choices", "district_id", "channel", "campaign",
)  # fmt: skip
ANSWER_COLUMNS = ", ".join(ANSWER_FIELDS)
answer_values = attrgetter(*ANSWER_FIELDS)
ADD_ANSWER = f"""
INSERT INTO consultation_answer ({ANSWER_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
WITH_TEXTS = f"""
SELECT {", ".join(f"a.{name}" for name in ANSWER_FIELDS)},
       coalesce((SELECT jsonb_object_agg(t.code, t.text) FROM consultation_text t WHERE t.answer_id = a.id), '{{}}')
       AS texts
FROM consultation_answer a
"""
ANSWER_OF = f"""
{WITH_TEXTS} WHERE a.consultation_id = $1 AND a.contributor = ANY ($2) ORDER BY a.id DESC LIMIT 1
"""
DELETE_ANSWERS_OF = f"""
DELETE FROM consultation_answer WHERE consultation_id = $1 AND contributor = ANY ($2) RETURNING {ANSWER_COLUMNS}
"""
ADD_TEXTS = """
INSERT INTO consultation_text (id, answer_id, consultation_id, code, text, text_masked, hidden_at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
"""
HIDDEN = """
SELECT t.code, t.text, t.hidden_at FROM consultation_text t JOIN consultation_answer a ON a.id = t.answer_id
WHERE a.consultation_id = $1 AND a.contributor = ANY ($2) AND t.hidden_at IS NOT NULL
"""
# One statement, so that all figures are of the same moment.
COUNTED = """
SELECT NULL AS code, district_id, NULL::jsonb AS value, count(*) AS n
FROM consultation_answer WHERE consultation_id = $1 GROUP BY district_id
UNION ALL
SELECT e.key, a.district_id, e.value, count(*)
FROM consultation_answer a, jsonb_each(a.choices) e WHERE a.consultation_id = $1 GROUP BY 1, 2, 3
UNION ALL
SELECT t.code, a.district_id, NULL, count(*)
FROM consultation_text t JOIN consultation_answer a ON a.id = t.answer_id WHERE a.consultation_id = $1 GROUP BY 1, 2
"""
SHOWN_TEXT = """
SELECT id, code, CASE WHEN hidden_at IS NULL THEN coalesce(text_masked, text) END AS text,
       hidden_at IS NOT NULL AS hidden
FROM consultation_text
"""
TEXTS = f"{SHOWN_TEXT} WHERE consultation_id = $1 AND ($2::text IS NULL OR code = $2)"
OPEN_CHOICES = (
    'SELECT choices::text FROM consultation_answer WHERE consultation_id = $1 ORDER BY choices::text COLLATE "C"'
)
OF_CONTRIBUTORS = f"{WITH_TEXTS} WHERE a.contributor = ANY ($1) ORDER BY a.id"
MINE = """
SELECT id, consultation_id FROM consultation_answer WHERE contributor = ANY ($1) ORDER BY id LIMIT $2
"""
LOCK_ANSWERS = "SELECT 1 FROM consultation_answer WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE"
DELETE_ANSWERS = f"DELETE FROM consultation_answer WHERE id = ANY ($1::uuid[]) RETURNING {ANSWER_COLUMNS}"
LOCK_CONSULTATIONS = f"SELECT {COLUMNS} FROM consultation WHERE id = ANY ($1::uuid[]) ORDER BY id FOR SHARE"


def _json(value: Any) -> str:
    return json.encode(value).decode()


def _questions(questions: Iterable[AnyQuestion]) -> str:
    return _json([question.model_dump(exclude_none=True) for question in questions])


def consultation(row: asyncpg.Record) -> Consultation:
    """A consultation as it was kept."""
    return Consultation(**{**dict(row), "questions": QUESTIONS.validate_python(row["questions"])})


async def save(connection: asyncpg.Connection, item: Consultation) -> None:
    """Adds a consultation, or keeps it as it is now."""
    values = list(values_of(item))
    values[3:6] = _json(item.title), _json(item.text), _questions(item.questions)
    await connection.execute(SAVE, *values)


async def keep_version(connection: asyncpg.Connection, item: Consultation, reason: str | None) -> None:
    """Keeps the wording that a consultation has now."""
    said = _json(item.title), _json(item.text), _questions(item.questions)
    await connection.execute(KEEP_VERSION, item.id, item.version, *said, reason, item.author, item.changed_at)


async def versions(connection: asyncpg.Connection, consultation_id: UUID) -> list[asyncpg.Record]:
    """All wordings since it was published, the first one first."""
    return await connection.fetch(VERSIONS, consultation_id)


async def find(connection: asyncpg.Connection, consultation_id: UUID, lock: str = "") -> Consultation | None:
    """A consultation; locked FOR SHARE it cannot be changed or counted, FOR UPDATE nobody can answer it either."""
    row = await connection.fetchrow(f"{FIND} {lock}", consultation_id)
    return None if row is None else consultation(row)


async def delete(connection: asyncpg.Connection, consultation_id: UUID) -> None:
    """Takes a draft away."""
    await connection.execute("DELETE FROM consultation WHERE id = $1", consultation_id)


async def newest(connection: asyncpg.Connection, wanted: Wanted) -> list[Consultation]:
    """Consultations, the newest first."""
    listed, values = listing.newest(wanted)
    rows = await connection.fetch(f"SELECT {COLUMNS} FROM consultation {listed}", *values)
    return [consultation(row) for row in rows]


async def due(connection: asyncpg.Connection, most: int) -> list[UUID]:
    """Consultations that are over and not counted."""
    return [row["id"] for row in await connection.fetch(DUE, most)]


async def number_of_answers(connection: asyncpg.Connection, consultation_id: UUID) -> int:
    counted: int = await connection.fetchval(
        "SELECT count(*) FROM consultation_answer WHERE consultation_id = $1", consultation_id
    )
    return counted


async def add_answer(
    connection: asyncpg.Connection, answer: ConsultationAnswer, masks: Mapping[str, str | None],
    hidden: Mapping[tuple[str, str], datetime],
) -> None:  # fmt: skip
    """Adds an answer. UniqueViolationError where its contributor has another one."""
    values = list(answer_values(answer))
    values[5] = _json(answer.choices)
    await connection.execute(ADD_ANSWER, *values)
    if answer.texts:
        rows = [
            (uuid4(), answer.id, answer.consultation_id, code, text, masks.get(code), hidden.get((code, text)))
            for code, text in answer.texts.items()
        ]
        await connection.execute(ADD_TEXTS, *map(list, zip(*rows, strict=True)))


async def hidden_texts(
    connection: asyncpg.Connection, consultation_id: UUID, contributors: Sequence[str]
) -> dict[tuple[str, str], datetime]:
    """When texts of a person were hidden, by question and text: said again, they stay so."""
    rows = await connection.fetch(HIDDEN, consultation_id, contributors)
    return {(row["code"], row["text"]): row["hidden_at"] for row in rows}


async def answer_of(
    connection: asyncpg.Connection, consultation_id: UUID, contributors: Sequence[str]
) -> ConsultationAnswer | None:
    """What any of these answered, the latest."""
    row = await connection.fetchrow(ANSWER_OF, consultation_id, contributors)
    return None if row is None else ConsultationAnswer(**row)


async def delete_answers_of(
    connection: asyncpg.Connection, consultation_id: UUID, contributors: Sequence[str]
) -> list[ConsultationAnswer]:
    """Takes the answers of a person away, with their texts, and returns them without: more than one where they were
    joined since."""
    rows = await connection.fetch(DELETE_ANSWERS_OF, consultation_id, contributors)
    return [ConsultationAnswer(**row) for row in rows]


async def counted(connection: asyncpg.Connection, consultation_id: UUID) -> list[Counted]:
    """How many gave which answer, by question and district."""
    return [Counted(**row) for row in await connection.fetch(COUNTED, consultation_id)]


async def texts(
    connection: asyncpg.Connection, consultation_id: UUID, code: str | None, after: UUID | None, limit: int
) -> list[asyncpg.Record]:
    """Texts as others may read them, in the order of their ids, which are random."""
    where = f"{TEXTS} AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4"
    return await connection.fetch(where, consultation_id, code, after, limit)


async def open_choices(connection: asyncpg.Connection, consultation_id: UUID) -> list[str]:
    """The choices of all answers as JSON, ordered by what they are."""
    return [row["choices"] for row in await connection.fetch(OPEN_CHOICES, consultation_id)]


async def open_texts(connection: asyncpg.Connection, consultation_id: UUID) -> dict[str, list[str | None]]:
    """All texts as others may read them, by question, ordered by what they say."""
    found: dict[str, list[str | None]] = {}
    for row in await connection.fetch(f"{TEXTS} ORDER BY 3 NULLS LAST", consultation_id, None):
        found.setdefault(row["code"], []).append(row["text"])
    return found


async def of_contributors(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[ConsultationAnswer]:
    """All answers of contributors, the oldest first."""
    return [ConsultationAnswer(**row) for row in await connection.fetch(OF_CONTRIBUTORS, contributors)]


async def take_of(
    connection: asyncpg.Connection, contributors: Sequence[str], most: int
) -> list[tuple[ConsultationAnswer, Consultation]]:
    """Deletes up to so many answers of contributors; their consultations are locked FOR SHARE first, as by givers."""
    while rows := await connection.fetch(MINE, contributors, most):
        locked = await connection.fetch(LOCK_CONSULTATIONS, sorted({row["consultation_id"] for row in rows}))
        of = {row["id"]: consultation(row) for row in locked}
        ids = [row["id"] for row in rows]
        await connection.execute(LOCK_ANSWERS, ids)
        gone = await connection.fetch(DELETE_ANSWERS, ids)
        if gone:  # else another one came in place of each meanwhile
            answers = sorted((ConsultationAnswer(**row) for row in gone), key=lambda each: each.id)
            return [(answer, of[answer.consultation_id]) for answer in answers]
    return []
