"""A contribution and the steps of its life: pledged, made, then verified or refused; or withdrawn.

Money is recorded here like the rest: nothing is paid.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

TIME_TO_KEEP = timedelta(days=90)
"""How long a contributor has to keep a pledge who says nothing of it."""

LONGEST = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What a citizen gives. `contributor` is a pseudonym, `verified_by` says `staff` or `peers`.

    Amounts are in minutes of hours and skills, in the minor unit of `currency` of money, else in pieces. Text has its
    twin `..._masked` where the public may not read all of it.
    """

    id: UUID
    jurisdiction_id: str
    service_id: str
    contributor: str
    form: str
    given_at: datetime
    due_at: datetime
    state: str = "pledged"
    district_id: str | None = None
    call_id: UUID | None = None
    proposal_id: UUID | None = None
    channel: str | None = None
    campaign: str | None = None
    amount: int | None = None
    currency: str | None = None
    description: str | None = None
    description_masked: str | None = None
    data_title: str | None = None
    data_title_masked: str | None = None
    data_licence: str | None = None
    data_address: str | None = None
    made_at: datetime | None = None
    made_amount: int | None = None
    evidence: str | None = None
    evidence_masked: str | None = None
    evidence_address: str | None = None
    verified_at: datetime | None = None
    verified_amount: int | None = None
    verified_by: str | None = None
    refused_at: datetime | None = None
    refusal: str | None = None
    withdrawn_at: datetime | None = None
    hidden_at: datetime | None = None

    def is_overdue(self, at: datetime) -> bool:
        """Whether it was to be made before, and is not."""
        return self.state == "pledged" and self.due_at < at


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a contributor says of what they did; `masked` is the text as the public may read it, where it differs."""

    amount: int | None = None
    text: str | None = None
    masked: str | None = None
    address: str | None = None


class NoSuchContribution(LookupError):
    """There is no contribution of this id."""


class NotTheContributor(Exception):
    """The contribution was given by somebody else."""


class OwnContribution(Exception):
    """Nobody confirms what they gave themselves."""


class ConfirmedBefore(Exception):
    """A peer confirms a contribution once."""


class UnknownProposal(LookupError):
    """The proposal that it should help is none, or nobody may know of it yet."""


class ForeignProposal(ValueError):
    """The proposal that it should help is for another service."""


class ProposalOver(Exception):
    """The proposal that it should help was taken back, or goes on in another one."""


class WrongState(Exception):
    """The contribution's present state does not allow the step."""


class ImpossibleDueTime(ValueError):
    """A pledge is to be kept in the past, or too late."""


class TooMuch(ValueError):
    """More is to be verified than was made."""


def due(due_at: datetime | None, now: datetime) -> datetime:
    """When a pledge is to be kept. Raises ImpossibleDueTime."""
    if due_at is None:
        return now + TIME_TO_KEEP
    if not now < due_at <= now + LONGEST:
        raise ImpossibleDueTime(f"due_at must be after now, and within three years: {due_at}")
    return due_at.astimezone(UTC)


def make(contribution: Contribution, evidence: Evidence, now: datetime) -> Contribution:
    """The contributor says that it is done; as much as was pledged, if they do not say how much."""
    _require(contribution, "pledged")
    return replace(
        contribution,
        state="made",
        made_at=max(now, contribution.given_at),
        made_amount=contribution.amount if evidence.amount is None else evidence.amount,
        evidence=evidence.text,
        evidence_masked=evidence.masked,
        evidence_address=evidence.address,
    )


def verify(contribution: Contribution, amount: int | None, by: str, now: datetime) -> Contribution:
    """Staff or peers confirm it, wholly unless `amount` says how much of it. Raises WrongState or TooMuch."""
    made_at = _require(contribution, "made")
    made = contribution.made_amount
    if amount is not None and made is not None and amount > made:
        raise TooMuch(f"{made} were made")
    return replace(
        contribution,
        state="verified",
        verified_at=max(now, made_at),
        verified_amount=made if amount is None else amount,
        verified_by=by,
    )


def refuse(contribution: Contribution, reason: str, now: datetime) -> Contribution:
    """Staff finds that it was not made. That is final: whoever makes it after all pledges again."""
    made_at = _require(contribution, "made")
    return replace(contribution, state="refused", refused_at=max(now, made_at), refusal=reason)


def withdraw(contribution: Contribution, now: datetime) -> Contribution:
    """The contributor takes it back before it is verified: it counts as if it had never been pledged."""
    _require(contribution, "pledged", "made", "refused")
    return replace(contribution, state="withdrawn", withdrawn_at=max(now, contribution.given_at))


def _require(contribution: Contribution, *states: str) -> datetime:
    """Raises WrongState. Returns when it last moved."""
    if contribution.state not in states:
        raise WrongState(f"contribution {contribution.id} is {contribution.state}, and not {' or '.join(states)}")
    return contribution.made_at or contribution.given_at
