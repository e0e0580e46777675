"""What can be done with proposals, each inside one transaction that ends with its events."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.media import handlers as media
from services.feedback.media import store as stored_media
from services.feedback.media.domain import PROPOSAL, Attachment
from services.feedback.moderation import store as moderation
from services.feedback.proposals import domain, publishes, store
from services.feedback.proposals.amendments import store as amendments
from services.feedback.proposals.domain import NoSuchProposal, NotTheAuthor, Order, Proposal, State, WrongState
from services.feedback.proposals.merging import store as offers
from services.feedback.proposals.rules import store as rules
from services.feedback.proposals.rules.domain import Rule
from shared.contracts.feedback import Because
from shared.outbox.append import Outgoing


class Changed(NamedTuple):
    """A proposal after a step, and what others are to learn."""

    proposal: Proposal
    events: Sequence[Outgoing] = ()


IsAuthor = Callable[[Proposal], bool]


async def locked(connection: asyncpg.Connection, proposal_id: UUID) -> Proposal:
    """A published proposal that nobody else changes until the transaction ends. Raises NoSuchProposal."""
    proposal = (await store.lock(connection, proposal_id)).get(proposal_id)
    if proposal is None or proposal.state == State.DRAFT:
        raise NoSuchProposal(f"{proposal_id}")
    return proposal


async def own(connection: asyncpg.Connection, proposal_id: UUID, is_author: IsAuthor) -> Proposal:
    """A proposal locked for its author. Raises NoSuchProposal, as for somebody else's draft, or NotTheAuthor."""
    proposal = (await store.lock(connection, proposal_id)).get(proposal_id)
    if proposal is not None and is_author(proposal):
        return proposal
    if proposal is None or proposal.state == State.DRAFT:
        raise NoSuchProposal(f"{proposal_id}")
    raise NotTheAuthor(f"proposal {proposal_id} was made by somebody else")


async def draft(connection: asyncpg.Connection, proposal: Proposal, pictures: Sequence[UUID]) -> Changed:
    """Keeps a new draft with its pictures. Raises UnusableMedia."""
    await store.insert(connection, proposal)
    await media.add(connection, Attachment(PROPOSAL, proposal.id, proposal.contributor, pictures))
    return Changed(proposal)


async def edit(
    connection: asyncpg.Connection, proposal_id: UUID, is_author: IsAuthor, edited: Callable[[Proposal], Proposal]
) -> Changed:
    """Replaces what a draft says. Raises WrongState once it is published."""
    before = _must_be_draft(await own(connection, proposal_id, is_author))
    after = edited(before)
    await store.save(connection, before, after)
    return Changed(after)


async def delete(connection: asyncpg.Connection, proposal_id: UUID, is_author: IsAuthor) -> None:
    """Deletes a draft for good. Raises WrongState once it is published."""
    _must_be_draft(await own(connection, proposal_id, is_author))
    await stored_media.orphan(connection, PROPOSAL, [proposal_id])
    await store.delete(connection, proposal_id)


def _must_be_draft(proposal: Proposal) -> Proposal:
    if proposal.state != State.DRAFT:
        raise WrongState(f"proposal {proposal.id} is {proposal.state}: amend or withdraw it")
    return proposal


async def publish(connection: asyncpg.Connection, draft: Proposal, default: Rule, now: datetime) -> Changed:
    """A draft is there for everybody, under the rule of its service."""
    held = await rules.holding(connection, draft.service_id, draft.jurisdiction_id, default)
    proposal = domain.publish(draft, held.rule, now)
    await store.save(connection, draft, proposal)
    await store.add_version(connection, proposal.id)
    return Changed(proposal, [publishes.published(proposal), *newly_qualified(draft, proposal)])


def newly_qualified(before: Proposal, after: Proposal) -> list[Outgoing]:
    """The event of a proposal's having supports enough, if that is what happened between the two."""
    return [publishes.qualified(after)] if before.qualified_at is None and after.qualified_at is not None else []


async def recount(connection: asyncpg.Connection, before: Proposal, supports: int, now: datetime) -> Changed:
    """A locked proposal has so many supports now."""
    after = domain.count(before, supports, now)
    await store.save(connection, before, after)
    return Changed(after, newly_qualified(before, after))


class Reword(NamedTuple):
    """Another wording, and why; `amendment_id` names the suggestion that it comes from."""

    change: domain.Change
    why: str | None
    why_masked: str | None = None
    amendment_id: UUID | None = None


async def amend(connection: asyncpg.Connection, before: Proposal, reword: Reword, now: datetime) -> Changed:
    """A locked proposal has another wording from now on."""
    after = domain.amend(before, reword.change, now)
    await store.save(connection, before, after)
    await store.add_version(connection, after.id, reword.why, reword.why_masked, reword.amendment_id)
    await moderation.reworded(connection, "proposal", after.id, now)
    return Changed(after)


async def decide(connection: asyncpg.Connection, proposal_id: UUID, order: Order, now: datetime) -> Changed:
    """Staff decides. Raises NoSuchProposal, WrongState, MergedElsewhere or ImpossibleTime."""
    before = await locked(connection, proposal_id)
    after = domain.decide(before, order, now)
    await store.save(connection, before, after)
    await offers.drop_all(connection, proposal_id)
    return Changed(after, [publishes.decided(after)])


async def withdraw(
    connection: asyncpg.Connection, before: Proposal, why: str | None, why_masked: str | None, now: datetime
) -> Changed:
    """The author takes a locked proposal back."""
    after = domain.withdraw(before, why, why_masked, now)
    await store.save(connection, before, after)
    await offers.drop_all(connection, before.id)
    return Changed(after, [publishes.withdrawn(after, Because.WITHDRAWN, after.withdrawn_at or now)])


async def erase(connection: asyncpg.Connection, proposals: Sequence[Proposal], now: datetime) -> list[Outgoing]:
    """Erases what an erased person proposed; of what was published a shell stays, for what others gave to it."""
    events = []
    await stored_media.orphan(connection, PROPOSAL, [proposal.id for proposal in proposals])
    for before in proposals:
        if before.state == State.DRAFT:
            await store.delete(connection, before.id)
            continue
        at = max(now, domain.moved_at(before))
        await store.save(connection, before, domain.erase(before, at))
        await store.forget_words(connection, before.id)
        await offers.drop_all(connection, before.id)
        await amendments.forget_replies(connection, before.id)
        if before.state != State.WITHDRAWN:
            events.append(publishes.withdrawn(before, Because.ERASED, at))
    return events
