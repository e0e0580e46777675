"""A contribution as its giver and staff see it, and as everybody does."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from services.feedback.contributions.domain import Contribution
from services.feedback.contributions.schemas import ContributionView, DataSet
from services.feedback.media.domain import Picture
from services.feedback.media.schemas import PictureView
from services.feedback.money import DIGITS
from services.feedback.screening import public

AS_IT_IS = (
    "id", "jurisdiction_id", "service_id", "district_id", "call_id", "proposal_id", "form", "state", "amount",
    "currency", "made_amount", "verified_amount", "verified_by", "channel", "campaign", "given_at",
    "due_at", "made_at", "verified_at", "refused_at", "withdrawn_at",
)  # fmt: skip


def view(contribution: Contribution, confirmations: int, media: Iterable[Picture], *, whole: bool) -> ContributionView:
    """What is told of a contribution; with `whole` its texts as they were given."""
    return ContributionView(
        **{name: getattr(contribution, name) for name in AS_IT_IS},
        **(_texts(contribution) if whole else _public_texts(contribution)),
        overdue=contribution.is_overdue(datetime.now(UTC)),
        currency_digits=DIGITS.get(contribution.currency or ""),
        confirmations=confirmations,
        media=[PictureView.model_validate(each) for each in media],
        hidden=contribution.hidden_at is not None,
    )


def _texts(told: Contribution) -> dict[str, Any]:
    return {
        "description": told.description,
        "data_set": _data_set(told, told.data_title),
        "evidence": told.evidence,
        "evidence_address": told.evidence_address,
        "refusal": told.refusal,
    }


def _public_texts(told: Contribution) -> dict[str, Any]:
    """Nothing of what was withdrawn or hidden; of the rest, what the public may read."""
    refusal = {"refusal": public(told.refusal)}
    if told.hidden_at is not None or told.withdrawn_at is not None:
        return dict.fromkeys(("description", "data_set", "evidence", "evidence_address")) | refusal
    return refusal | {
        "description": told.description_masked or told.description,
        "data_set": _data_set(told, told.data_title_masked or told.data_title),
        "evidence": told.evidence_masked or told.evidence,
        "evidence_address": told.evidence_address,
    }


def _data_set(told: Contribution, title: str | None) -> DataSet | None:
    if title is None:
        return None
    return DataSet.model_construct(title=title, licence=told.data_licence, address=told.data_address)
