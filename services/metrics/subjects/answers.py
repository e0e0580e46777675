"""Scores of subjects as JSON."""

from typing import Any

from services.metrics.scores.assessment import Assessment
from services.metrics.scores.schemas import ExplanationOut, explanation, score_out
from services.metrics.subjects.subject import Kind, Subject


def named(subject: Subject) -> dict[str, Any]:
    """What a score is about. A service goes by the names that its score has everywhere."""
    if subject.kind is Kind.SERVICE:
        return {"service_id": subject.id, "jurisdiction_id": subject.jurisdiction_id}
    names = {"kind": subject.kind.label, "id": subject.id, "name": subject.name}
    within = {} if subject.jurisdiction_id is None else {"jurisdiction_id": subject.jurisdiction_id}
    of_it = {} if subject.service_id is None else {"service_id": subject.service_id}
    return names | within | of_it


def score_of(subject: Subject, assessment: Assessment) -> dict[str, Any]:
    """A subject's score; events are not counted by district."""
    found = score_out(assessment)
    del found["service_id"], found["jurisdiction_id"]
    if subject.kind is Kind.DISTRICT:
        found["events"] = None
    return named(subject) | found


def explanation_of(subject: Subject, assessment: Assessment) -> ExplanationOut:
    """What a subject's score rests on."""
    return explanation(assessment, about(subject))


def about(subject: Subject) -> dict[str, Any]:
    """What an explanation is about."""
    found = named(subject)
    found.pop("jurisdiction_id", None)
    return found
