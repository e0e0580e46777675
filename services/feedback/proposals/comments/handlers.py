"""What can be done with comments. The proposal is locked first: comments on it take turns, and their numbers follow."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import asyncpg

from services.feedback.me.giving import Erased
from services.feedback.proposals import store as proposals
from services.feedback.proposals.amendments import store as amendments
from services.feedback.proposals.comments import domain, publishes, store
from services.feedback.proposals.comments.domain import Comment, NoSuchComment, NotTheCommenter, UnknownAnswered
from services.feedback.proposals.domain import Proposal
from services.feedback.proposals.handlers import locked
from shared.contracts.feedback import Because
from shared.outbox.append import Outgoing


async def post(connection: asyncpg.Connection, proposal: Proposal, new: Comment) -> tuple[Comment, list[Outgoing]]:
    """Somebody has something to say on a locked proposal. Raises UnknownAnswered, or as domain.post."""
    answered = None if new.answers_id is None else await store.find(connection, new.answers_id)
    if new.answers_id is not None and (answered is None or answered.proposal_id != proposal.id):
        raise UnknownAnswered(f"{new.answers_id}")
    counted, comment = domain.post(proposal, new, answered)
    await proposals.save(connection, proposal, counted)
    await store.insert(connection, comment)
    return comment, [publishes.posted(proposal, comment)]


async def take_back(
    connection: asyncpg.Connection, comment_id: UUID, is_giver: Callable[[Comment, Proposal], bool], now: datetime
) -> tuple[Comment, list[Outgoing]]:
    """Its giver takes a comment back. Raises NoSuchComment, NotTheCommenter or CommentGone."""
    found = await store.find(connection, comment_id)
    if found is None:
        raise NoSuchComment(f"{comment_id}")
    proposal = await locked(connection, found.proposal_id)
    before = await store.find(connection, comment_id)
    if before is None or not is_giver(before, proposal):
        raise NotTheCommenter(f"comment {comment_id} was made by somebody else")
    after = domain.withdraw(before, now)
    await store.save(connection, after)
    await amendments.forget(connection, [comment_id])
    await proposals.save(connection, proposal, replace(proposal, comments=proposal.comments - 1))
    return after, [publishes.withdrawn(proposal, before, after, Because.WITHDRAWN)]


async def erase(connection: asyncpg.Connection, contributors: Sequence[str], most: int, at: datetime) -> Erased:
    """Erases some of what erased contributors said; threads keep their shape."""
    some = await store.some(connection, contributors, most)
    held = await proposals.lock(connection, *{each.proposal_id for each in some})
    theirs = await store.theirs(connection, [each.id for each in some], contributors)
    events: list[Outgoing] = []
    for proposal in held.values():
        on_it = [each for each in theirs if each.proposal_id == proposal.id]
        standing = sum(each.stands for each in on_it)
        await proposals.save(connection, proposal, replace(proposal, comments=proposal.comments - standing))
        events += [event for each in on_it for event in await _erase(connection, proposal, each, at)]
    await amendments.forget(connection, [each.id for each in theirs])
    return Erased(len(theirs), events)


async def _erase(connection: asyncpg.Connection, proposal: Proposal, before: Comment, at: datetime) -> list[Outgoing]:
    after = domain.erase(before, at)
    await store.save(connection, after)
    return [publishes.withdrawn(proposal, before, after, Because.ERASED)] if before.stands else []
