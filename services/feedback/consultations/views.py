"""Consultations and answers as they are shown."""

from dataclasses import fields
from datetime import datetime

import asyncpg

from services.feedback.consultations.domain import Consultation, ConsultationAnswer, FaultyAnswers
from services.feedback.consultations.schemas import AnswerView, ConsultationView, VersionView
from services.feedback.screening import public
from shared.problems import Problem

SHOWN = [field.name for field in fields(Consultation) if field.name in ConsultationView.model_fields]


def told(consultation: Consultation, now: datetime) -> ConsultationView:
    """A consultation as it is at a time."""
    return ConsultationView(**{name: getattr(consultation, name) for name in SHOWN}, state=consultation.state(now))


def version(row: asyncpg.Record) -> VersionView:
    """A wording, and why it came in place of the one before, as the public may read that."""
    return VersionView(**{**row, "reason": public(row["reason"])})


def given(answer: ConsultationAnswer) -> AnswerView:
    """An answer, for its giver."""
    return AnswerView(
        id=answer.id,
        consultation_id=answer.consultation_id,
        given_at=answer.given_at,
        version=answer.version,
        answers={**answer.choices, **answer.texts},
        district_id=answer.district_id,
        channel=answer.channel,
        campaign=answer.campaign,
    )


def problem(error: FaultyAnswers) -> Problem:
    """All that is wrong with an answer, question by question."""
    faults = [{"at": f"answers.{code}", "in": "body", "message": fault} for code, fault in error.faults.items()]
    return Problem(422, "invalid-input", "The input is not valid", str(error), errors=faults)
