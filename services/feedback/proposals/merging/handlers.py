"""Merging. Both proposals are locked in the order of their ids, so that two merges never wait for each other."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.me.handlers import persons
from services.feedback.proposals import domain
from services.feedback.proposals import store as proposals
from services.feedback.proposals.domain import NoSuchProposal, NotTheAuthor, Proposal, State
from services.feedback.proposals.handlers import Changed, IsAuthor, recount
from services.feedback.proposals.merging import store
from services.feedback.proposals.publishes import merged
from services.feedback.proposals.supports import store as supports
from services.feedback.receipts import Receipts


class NoSuchOffer(LookupError):
    """Nobody offered to merge these proposals."""


class NothingToMergeInto(LookupError):
    """There is no such proposal, or it is a draft."""


class Two(NamedTuple):
    """The proposal that is merged, and the one that it goes on in."""

    proposal: Proposal
    into: Proposal


async def _both(
    connection: asyncpg.Connection, proposal_id: UUID, into_id: UUID, absent: type[LookupError] = NoSuchProposal
) -> Two:
    """Both, locked. Raises NoSuchProposal, or `absent` where it is the one to merge into."""
    found = await proposals.lock(connection, proposal_id, into_id)
    for wanted, refusal in ((proposal_id, NoSuchProposal), (into_id, absent)):
        if wanted not in found or found[wanted].state == State.DRAFT:
            raise refusal(f"{wanted}")
    return Two(found[proposal_id], found[into_id])


async def by_staff(
    connection: asyncpg.Connection, receipts: Receipts, proposal_id: UUID, into_id: UUID, now: datetime
) -> Changed:
    """Staff merges a proposal into another."""
    return await _merge(connection, receipts, await _both(connection, proposal_id, into_id, NothingToMergeInto), now)


async def by_author(
    connection: asyncpg.Connection,
    receipts: Receipts,
    proposal_id: UUID,
    into_id: UUID,
    is_author: IsAuthor,
    now: datetime,
) -> Changed:
    """An author merges theirs into another of theirs, or offers it to the author of the other one."""
    two = await _both(connection, proposal_id, into_id, NothingToMergeInto)
    if not is_author(two.proposal):
        raise NotTheAuthor(f"proposal {proposal_id} was made by somebody else")
    if is_author(two.into):
        return await _merge(connection, receipts, two, now)
    domain.merge(*two, now)  # refused now rather than when the other author agrees
    await store.offer(connection, proposal_id, into_id, now)
    return Changed(two.proposal)


async def answer(
    connection: asyncpg.Connection,
    receipts: Receipts,
    proposal_id: UUID,
    into_id: UUID,
    is_author: IsAuthor,
    accepted: bool,
    now: datetime,
) -> Changed:
    """The author of the other proposal agrees to an offer, or declines it."""
    two = await _both(connection, proposal_id, into_id)
    if not is_author(two.into):
        raise NotTheAuthor(f"proposal {into_id} was made by somebody else")
    if not await store.take(connection, proposal_id, into_id):
        raise NoSuchOffer(f"{proposal_id} was not offered to be merged into {into_id}")
    return await _merge(connection, receipts, two, now) if accepted else Changed(two.proposal)


async def _merge(connection: asyncpg.Connection, receipts: Receipts, two: Two, now: datetime) -> Changed:
    after = domain.merge(*two, now)
    await proposals.save(connection, two.proposal, after)
    await store.drop_all(connection, after.id)
    author = two.into.contributor
    names = await supports.supporters(connection, after.id, two.into.id) | ({author} if author else set())
    same = await persons(connection, receipts, after.jurisdiction_id, names)
    await store.move_supports(connection, after.id, two.into.id, author, same)
    counted = await recount(connection, two.into, await supports.counted(connection, two.into.id), now)
    return Changed(after, [merged(after), *counted.events])
