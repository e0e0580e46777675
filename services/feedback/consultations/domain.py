"""A consultation, its states, and an answer to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.feedback.consultations.questions import AnyQuestion, Kept, structure
from services.feedback.periods.domain import Period, PeriodState, starting, state
from services.feedback.wording import Label

TEXTS = frozenset({"short_text", "long_text"})
"""Kinds of questions whose answers are words of one's own: kept apart from the choices, for others to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consultation:
    """Questions of the city. `published_at` is None for a draft; `counted_at` says when its answers were counted."""

    id: UUID
    jurisdiction_id: str
    service_id: str
    title: Label
    text: Label
    questions: Sequence[AnyQuestion]
    closes_at: datetime
    author: str
    changed_at: datetime
    opens_at: datetime | None = None
    live_results: bool = False
    version: int = 1
    published_at: datetime | None = None
    counted_at: datetime | None = None
    answers: int | None = None

    @property
    def period(self) -> Period:
        """Raises NotPublished."""
        if self.published_at is None or self.opens_at is None:
            raise NotPublished(f"consultation {self.id} is a draft")
        return Period(self.opens_at, self.closes_at)

    def state(self, now: datetime) -> PeriodState:
        return state(self.published_at is not None, self.opens_at, self.closes_at, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultationAnswer:
    """What a contributor, by a pseudonym, answered: `choices` by question. Texts are kept beside it."""

    id: UUID
    consultation_id: UUID
    contributor: str
    given_at: datetime
    version: int
    choices: Mapping[str, Kept]
    district_id: str | None = None
    channel: str | None = None
    campaign: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)


class NoSuchConsultation(LookupError):
    """There is no consultation of this id."""


class NoSuchAnswer(LookupError):
    """Whoever asks has given no answer."""


class NotPublished(Exception):
    """The consultation is a draft."""


class AlreadyPublished(Exception):
    """The consultation is no draft any more: only its wording can be corrected."""


class OtherQuestions(ValueError):
    """The correction would change what is asked, not only how it is put."""


class ResultsNotOut(Exception):
    """The results are shown when the consultation is over."""


class FaultyAnswers(ValueError):
    """Answers that do not fit the questions: what is wrong with each, by its question's code."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{code} {fault}" for code, fault in list(faults.items())[:10]))
        self.faults = faults


def publish(draft: Consultation, now: datetime) -> Consultation:
    """The draft, for citizens to answer. Raises AlreadyPublished or ImpossiblePeriod."""
    check_draft(draft)
    period = starting(draft.opens_at, draft.closes_at, now)
    return replace(draft, opens_at=period.opens_at, published_at=now, changed_at=now)


def check_draft(consultation: Consultation) -> None:
    """Raises AlreadyPublished."""
    if consultation.published_at is not None:
        raise AlreadyPublished(f"consultation {consultation.id} was published at {consultation.published_at}")


def correct(
    consultation: Consultation, title: Label, text: Label, questions: Sequence[AnyQuestion], author: str, now: datetime
) -> Consultation:
    """The next version, which says the same in other words. Raises NotPublished or OtherQuestions."""
    if consultation.published_at is None:
        raise NotPublished(f"consultation {consultation.id} is a draft, and can be changed as a whole")
    if [structure(each) for each in questions] != [structure(each) for each in consultation.questions]:
        raise OtherQuestions("questions, their kinds, options and bounds, and their order stay as they are")
    return replace(
        consultation, title=title, text=text, questions=questions, author=author, changed_at=now,
        version=consultation.version + 1,
    )  # fmt: skip


def read_answers(questions: Sequence[AnyQuestion], given: Mapping[str, Any]) -> tuple[dict[str, Kept], dict[str, str]]:
    """Choices and texts by question. Raises FaultyAnswers with all that is wrong."""
    known = {question.code: question for question in questions}
    faults = {code: "is no question of this consultation" for code in given if code not in known}
    choices: dict[str, Kept] = {}
    texts: dict[str, str] = {}
    for code, question in known.items():
        value = given.get(code)
        if value is None:
            if question.required:
                faults[code] = "must be answered"
            continue
        try:
            read = question.read(value)
        except ValueError as error:
            faults[code] = str(error)
            continue
        if question.kind in TEXTS:
            texts[code] = str(read)
        else:
            choices[code] = read
    if not (faults or choices or texts):
        faults["answers"] = "must answer at least one question"
    if faults:
        raise FaultyAnswers(faults)
    return choices, texts
