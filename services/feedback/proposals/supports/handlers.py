"""What can be done with supports. The proposal is locked first: its supports take turns, and are counted one by one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import asyncpg

from services.feedback.me.giving import Erased
from services.feedback.proposals import store as proposals
from services.feedback.proposals.domain import Proposal
from services.feedback.proposals.handlers import Changed, recount
from services.feedback.proposals.supports import domain, publishes, store
from services.feedback.proposals.supports.domain import NoSuchSupport, Support
from shared.contracts.feedback import Because
from shared.outbox.append import Outgoing


async def support(
    connection: asyncpg.Connection, proposal: Proposal, new: Support, same: Sequence[str], now: datetime
) -> Changed:
    """A contributor supports a locked proposal; who does already changes nothing, nor does who is the same person."""
    if await store.find(connection, proposal.id, same) is not None:
        return Changed(proposal)
    domain.check(proposal, same)
    given = replace(new, version=proposal.version, district_id=proposal.district_id)
    await store.insert(connection, given)
    changed = await recount(connection, proposal, proposal.supports + 1, now)
    return Changed(changed.proposal, [publishes.given(proposal, given), *changed.events])


async def take_back(connection: asyncpg.Connection, proposal: Proposal, same: Sequence[str], now: datetime) -> Changed:
    """A person supports a locked proposal no longer. Raises NoSuchSupport, WrongState or MergedElsewhere."""
    domain.check_withdrawal(proposal)
    gone = await store.withdraw(connection, proposal.id, same)
    if not gone:
        raise NoSuchSupport(f"you do not support proposal {proposal.id}")
    changed = await recount(connection, proposal, proposal.supports - _counted(gone), now)
    told = [publishes.withdrawn(proposal, each, Because.WITHDRAWN, now) for each in gone]
    return Changed(changed.proposal, told)


def _counted(supports: Sequence[Support]) -> int:
    return sum(each.counted for each in supports)


async def erase(connection: asyncpg.Connection, contributors: Sequence[str], most: int, at: datetime) -> Erased:
    """Removes some supports of erased contributors; a qualification that they helped to make stays."""
    gone: list[Support] = []
    events: list[Outgoing] = []
    while not gone and (some := await store.some(connection, contributors, most)):
        held = await proposals.lock(connection, *{each.proposal_id for each in some})
        gone = await store.erase(connection, contributors, [each.given_to for each in some], list(held))
        for proposal in held.values():
            theirs = [each for each in gone if each.proposal_id == proposal.id]
            await recount(connection, proposal, proposal.supports - _counted(theirs), at)
            events += [publishes.withdrawn(proposal, each, Because.ERASED, at) for each in theirs]
    return Erased(len(gone), events)
