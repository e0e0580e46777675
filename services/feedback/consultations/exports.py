"""Open data of a consultation. Of a big one it takes seconds to write: in a thread, while others are served."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from msgspec import json

from services.feedback.consultations.domain import TEXTS, Consultation
from services.feedback.consultations.questions import AnyQuestion, Matrix

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take text for a formula."""


def whole_json(consultation: Consultation, answers: Sequence[str], texts: Mapping[str, Sequence[str | None]]) -> str:
    """An `OpenAnswers`, from answers that are JSON already."""
    questions = [question.model_dump(mode="json") for question in consultation.questions]
    head = json.encode({"consultation_id": consultation.id, "questions": questions}).decode()
    return f'{head[:-1]},"answers":[{",".join(answers)}],"texts":{json.encode(texts).decode()}}}'


def choices_csv(questions: Sequence[AnyQuestion], answers: Sequence[str]) -> str:
    """From answers as JSON, a line per answer and a column per question, of a matrix one per row.

    Several codes stand in their order, with `|` between them.
    """
    columns = [column for question in questions if question.kind not in TEXTS for column in _columns(question)]
    read = map(json.decode, answers)
    lines = ([_cell(answer.get(code), row) for code, row in columns] for answer in read)
    return _written(chain([[f"{code}.{row}" if row else code for code, row in columns]], lines))


def texts_csv(texts: Mapping[str, Sequence[str | None]]) -> str:
    """A line per text; one that is hidden is empty."""
    lines = ([code, _harmless(text or "")] for code, said in texts.items() for text in said)
    return _written(chain([["question", "text"]], lines))


def _columns(question: AnyQuestion) -> list[tuple[str, str | None]]:
    if isinstance(question, Matrix):
        return [(question.code, row.code) for row in question.rows]
    return [(question.code, None)]


def _cell(value: Any, row: str | None) -> Any:
    if value is None:
        return ""
    if row is not None:
        return value.get(row, "")
    return "|".join(value) if isinstance(value, list) else value


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _written(lines: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue()
