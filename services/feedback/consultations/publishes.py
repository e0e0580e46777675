"""What happened to consultations, as the events that others learn of. None says what anybody answered."""

from datetime import datetime

from services.feedback.consultations.domain import Consultation, ConsultationAnswer, NotPublished
from services.feedback.places import home
from shared.contracts.feedback import (
    TOPIC,
    Because,
    ConsultationAnswered,
    ConsultationAnswerWithdrawn,
    ConsultationClosed,
    ConsultationOpened,
)
from shared.outbox.append import Outgoing, outgoing


def opened(consultation: Consultation) -> Outgoing:
    """A consultation was published. Raises NotPublished."""
    if consultation.published_at is None:
        raise NotPublished(f"consultation {consultation.id} is a draft")
    contract = ConsultationOpened(
        **home(consultation),
        consultation_id=str(consultation.id),
        published_at=consultation.published_at,
        opens_at=consultation.period.opens_at,
        closes_at=consultation.closes_at,
    )
    return outgoing(TOPIC, consultation.service_id, contract, consultation.published_at)


def closed(consultation: Consultation, answers: int) -> Outgoing:
    """The time to answer is over."""
    contract = ConsultationClosed(
        **home(consultation),
        consultation_id=str(consultation.id),
        opens_at=consultation.period.opens_at,
        closed_at=consultation.closes_at,
        answers=answers,
    )
    return outgoing(TOPIC, consultation.service_id, contract, consultation.closes_at)


def answered(answer: ConsultationAnswer, consultation: Consultation) -> Outgoing:
    """Somebody answered."""
    contract = ConsultationAnswered(
        **home(consultation),
        district_id=answer.district_id,
        answer_id=str(answer.id),
        consultation_id=str(consultation.id),
        contributor=answer.contributor,
        given_at=answer.given_at,
        channel=answer.channel,
        campaign=answer.campaign,
    )
    return outgoing(TOPIC, consultation.service_id, contract, answer.given_at)


def withdrawn(answer: ConsultationAnswer, consultation: Consultation, at: datetime, because: Because) -> Outgoing:
    """An answer counts no longer."""
    when = max(at, answer.given_at)
    contract = ConsultationAnswerWithdrawn(
        **home(consultation),
        district_id=answer.district_id,
        answer_id=str(answer.id),
        consultation_id=str(consultation.id),
        contributor=answer.contributor,
        given_at=answer.given_at,
        withdrawn_at=when,
        because=because,
        channel=answer.channel,
    )
    return outgoing(TOPIC, consultation.service_id, contract, when)
