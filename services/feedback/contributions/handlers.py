"""What can be done with contributions, each inside one transaction that ends with its events."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import asyncpg

from services.feedback.calls import store as calls
from services.feedback.calls.domain import UnknownCall, check_pledge
from services.feedback.contributions import domain, publishes, store
from services.feedback.contributions.domain import (
    ConfirmedBefore,
    Contribution,
    ForeignProposal,
    NoSuchContribution,
    NotTheContributor,
    OwnContribution,
    ProposalOver,
    UnknownProposal,
    WrongState,
)
from services.feedback.contributions.store import Found
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done
from services.feedback.me.handlers import same_person
from services.feedback.media import handlers as media
from services.feedback.media import store as stored_media
from services.feedback.media.domain import CONTRIBUTION, Attachment, Picture
from services.feedback.proposals import store as proposals
from services.feedback.proposals.domain import DISCUSSED, State
from services.feedback.receipts import Receipts
from shared.contracts.feedback import Because
from shared.outbox.append import Outgoing

Pseudonym = Callable[[str], str]
"""What somebody is called in a jurisdiction."""

Told = Callable[[Found], Answer]
"""The answer that tells a contribution as it then is."""


async def pledge(
    connection: asyncpg.Connection,
    pledged: Contribution,
    pictures: Sequence[Picture],
    clock: Callable[[], datetime],
    told: Told,
    *,
    late: bool = False,
) -> Done:
    """Stores a new contribution with its pictures; a `late` one, from an app that was offline, is given when it says.

    Raises UnusableMedia; UnknownCall, CallOver or DoesNotFit where it names a call; UnknownProposal, ForeignProposal or
    ProposalOver where it names a proposal.
    """
    if pledged.call_id is not None:
        call = await calls.find(connection, pledged.call_id, lock="SHARE")
        if call is None:
            raise UnknownCall(f"{pledged.call_id}")
        # Only now, with the call held, is it certain that it is not closed before this was pledged.
        now = clock()
        check_pledge(call, pledged.service_id, pledged.form, pledged.currency, now)
        pledged = replace(pledged, given_at=max(pledged.given_at, call.opened_at) if late else now)
    if pledged.proposal_id is not None:
        await _check_proposal(connection, pledged.proposal_id, pledged.service_id)
    await store.insert(connection, pledged)
    await _show(connection, pledged, pictures)
    return Done(told(Found(pledged, 0, pictures)), [publishes.pledged(pledged)])


async def _show(connection: asyncpg.Connection, given: Contribution, pictures: Sequence[Picture]) -> None:
    to = Attachment(CONTRIBUTION, given.id, given.contributor, [picture.id for picture in pictures])
    await media.add(connection, to, hidden=given.hidden_at is not None)


async def _check_proposal(connection: asyncpg.Connection, proposal_id: UUID, service_id: str) -> None:
    proposal = (await proposals.lock(connection, proposal_id)).get(proposal_id)
    if proposal is None or proposal.state == State.DRAFT:
        raise UnknownProposal(f"{proposal_id}")
    if proposal.service_id != service_id:
        raise ForeignProposal(f"proposal {proposal_id} is for {proposal.service_id}")
    if proposal.state not in DISCUSSED:
        raise ProposalOver(f"proposal {proposal_id} is {proposal.state}")


async def make(
    connection: asyncpg.Connection,
    contribution_id: UUID,
    pseudonym: Pseudonym,
    evidence: domain.Evidence,
    pictures: Sequence[Picture],
    now: datetime,
    told: Told,
) -> Done:
    """The contributor has done it. Raises NoSuchContribution, NotTheContributor, WrongState or UnusableMedia."""
    made = domain.make(await _own(connection, contribution_id, pseudonym), evidence, now)
    await _show(connection, made, pictures)
    return await _moved(connection, made, [publishes.made(made)], told)


async def verify(
    connection: asyncpg.Connection, contribution_id: UUID, amount: int | None, now: datetime, told: Told
) -> Done:
    """Staff confirms it. Raises NoSuchContribution, WrongState or TooMuch."""
    verified = domain.verify(await _locked(connection, contribution_id), amount, "staff", now)
    return await _moved(connection, verified, [publishes.verified(verified)], told)


async def refuse(connection: asyncpg.Connection, contribution_id: UUID, reason: str, now: datetime, told: Told) -> Done:
    """Staff does not confirm it. Raises NoSuchContribution or WrongState."""
    refused = domain.refuse(await _locked(connection, contribution_id), reason, now)
    return await _moved(connection, refused, [publishes.refused(refused)], told)


async def confirm(
    connection: asyncpg.Connection,
    receipts: Receipts,
    contribution_id: UUID,
    contributor: UUID,
    needed: int,
    now: datetime,
    told: Told,
) -> Done:
    """A peer confirms it; the last of those needed verifies it. Tokens that are joined are one peer.

    Raises NoSuchContribution, OwnContribution, ConfirmedBefore or WrongState.
    """
    found = await _locked(connection, contribution_id)
    same = await same_person(connection, receipts, contributor, found.jurisdiction_id)
    if found.contributor in same:
        raise OwnContribution(f"contribution {found.id} is your own")
    if found.state != "made":
        raise WrongState(f"contribution {found.id} is {found.state}, and not made")
    if await store.is_confirmed_by(connection, found.id, same):
        raise ConfirmedBefore(f"contribution {found.id}")
    await store.confirm(connection, found.id, receipts.pseudonym(contributor, found.jurisdiction_id), now)
    if await store.confirmations(connection, found.id) < needed:
        return await _moved(connection, found, [], told)
    verified = domain.verify(found, None, "peers", now)
    return await _moved(connection, verified, [publishes.verified(verified)], told)


async def withdraw(
    connection: asyncpg.Connection, contribution_id: UUID, pseudonym: Pseudonym, now: datetime, told: Told
) -> Done:
    """The contributor takes it back, and its pictures for good.

    Raises NoSuchContribution, NotTheContributor or WrongState.
    """
    withdrawn = domain.withdraw(await _own(connection, contribution_id, pseudonym), now)
    await stored_media.orphan(connection, CONTRIBUTION, [contribution_id])
    event = publishes.withdrawn(withdrawn, Because.WITHDRAWN, withdrawn.withdrawn_at or now)
    return await _moved(connection, withdrawn, [event], told)


async def _moved(
    connection: asyncpg.Connection, contribution: Contribution, events: list[Outgoing], told: Told
) -> Done:
    await store.move(connection, contribution)
    return Done(told(await store.whole(connection, contribution)), events)


async def _locked(connection: asyncpg.Connection, contribution_id: UUID) -> Contribution:
    found = await store.find(connection, contribution_id, lock=True)
    if found is None:
        raise NoSuchContribution(f"{contribution_id}")
    return found


async def _own(connection: asyncpg.Connection, contribution_id: UUID, pseudonym: Pseudonym) -> Contribution:
    found = await _locked(connection, contribution_id)
    if found.contributor != pseudonym(found.jurisdiction_id):
        raise NotTheContributor(f"contribution {contribution_id} was given with another receipt token")
    return found
