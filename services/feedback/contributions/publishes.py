"""What happened to contributions, as the events that others learn of. None carries text, a name or an address."""

from datetime import datetime

from services.feedback.contributions.domain import Contribution
from services.feedback.places import Place, place
from shared.contracts.feedback import (
    TOPIC,
    Because,
    ContributionMade,
    ContributionPledged,
    ContributionRefused,
    ContributionVerified,
    ContributionWithdrawn,
    Form,
    Verifier,
)
from shared.outbox.append import Outgoing, outgoing


def pledged(given: Contribution) -> Outgoing:
    """A citizen promised something."""
    contract = ContributionPledged(
        **_common(given),
        contributor=given.contributor,
        channel=given.channel,
        campaign=given.campaign,
        amount=given.amount,
        currency=given.currency,
        proposal_id=None if given.proposal_id is None else str(given.proposal_id),
        call_id=None if given.call_id is None else str(given.call_id),
    )
    return outgoing(TOPIC, given.service_id, contract, given.given_at)


def made(given: Contribution) -> Outgoing:
    """Its contributor says that it is done."""
    at = _at(given.made_at)
    contract = ContributionMade(**_common(given), made_at=at, amount=given.made_amount, currency=given.currency)
    return outgoing(TOPIC, given.service_id, contract, at)


def verified(given: Contribution) -> Outgoing:
    """Staff or peers confirmed it."""
    at = _at(given.verified_at)
    contract = ContributionVerified(
        **_common(given),
        verified_at=at,
        by=Verifier(given.verified_by or ""),
        amount=given.verified_amount,
        currency=given.currency,
    )
    return outgoing(TOPIC, given.service_id, contract, at)


def refused(given: Contribution) -> Outgoing:
    """Staff found that it was not made."""
    at = _at(given.refused_at)
    return outgoing(TOPIC, given.service_id, ContributionRefused(**_common(given), refused_at=at), at)


def withdrawn(given: Contribution, because: Because, at: datetime) -> Outgoing:
    """It counts no longer; what was verified of it comes along."""
    contract = ContributionWithdrawn(
        **_common(given),
        contributor=given.contributor,
        withdrawn_at=at,
        because=because,
        channel=given.channel,
        verified_at=given.verified_at,
        amount=given.verified_amount,
        currency=None if given.verified_at is None else given.currency,
    )
    return outgoing(TOPIC, given.service_id, contract, at)


class _Common(Place):
    """Members of every event of a contribution."""

    contribution_id: str
    form: Form
    given_at: datetime
    due_at: datetime


def _common(given: Contribution) -> _Common:
    return {
        **place(given),
        "contribution_id": str(given.id),
        "form": Form(given.form),
        "given_at": given.given_at,
        "due_at": given.due_at,
    }


def _at(at: datetime | None) -> datetime:
    if at is None:
        raise ValueError("the contribution has not come to this step")
    return at
