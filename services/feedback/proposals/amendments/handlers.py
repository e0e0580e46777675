"""What can be done with suggested changes. The proposal is locked first."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.proposals import handlers as proposals
from services.feedback.proposals.amendments import domain, store
from services.feedback.proposals.amendments.domain import Amendment, NoSuchAmendment
from services.feedback.proposals.comments import handlers as comments
from services.feedback.proposals.comments import store as comment_store
from services.feedback.proposals.comments.domain import Comment
from services.feedback.proposals.domain import UNDECIDED, Change, Proposal, require_open
from services.feedback.proposals.handlers import IsAuthor, Reword
from services.feedback.proposals.wording import Said
from shared.outbox.append import Outgoing


class Suggested(NamedTuple):
    """A change, and the comment that says why."""

    amendment: Amendment
    comment: Comment
    events: list[Outgoing]


async def suggest(connection: asyncpg.Connection, proposal: Proposal, new: Amendment, why: Comment) -> Suggested:
    """Somebody suggests a change to a locked proposal."""
    amendment = domain.suggest(proposal, new, why.contributor or "")
    comment, events = await comments.post(connection, proposal, why)
    await store.insert(connection, amendment)
    return Suggested(amendment, comment, events)


class Reply(NamedTuple):
    """What the author answers; `own` are words of theirs that they take the change up in."""

    accepted: bool
    said: Said
    own: Change = Change()


async def answer(
    connection: asyncpg.Connection,
    proposal_id: UUID,
    amendment_id: UUID,
    is_author: IsAuthor,
    reply: Reply,
    now: datetime,
) -> Suggested:
    """The author accepts or rejects. Raises NoSuchAmendment, NotOpen, Outdated, or as one may not amend."""
    proposal = await proposals.own(connection, proposal_id, is_author)
    before = await store.find(connection, amendment_id)
    comment = await comment_store.find(connection, amendment_id)
    if before is None or comment is None or before.proposal_id != proposal_id:
        raise NoSuchAmendment(f"{amendment_id}")
    domain.require_unanswered(before)
    require_open(proposal, UNDECIDED, "amended")
    version = None
    if reply.accepted:
        change = domain.change(proposal, before, reply.own)
        reword = Reword(change, comment.text, comment.text_masked, amendment_id)
        version = (await proposals.amend(connection, proposal, reword, now)).proposal.version
    after = domain.answer(before, *reply.said, version=version, at=now)
    await store.answer(connection, after)
    return Suggested(after, comment, [])
