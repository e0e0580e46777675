"""What can be done with budgets, each inside one transaction that ends with its events."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.feedback.budgets import publishes, store
from services.feedback.budgets.apart import Counting
from services.feedback.budgets.domain import (
    Budget,
    NoSuchBudget,
    NoSuchVote,
    Project,
    UnknownProposal,
    Vote,
    check_countable,
    check_draft,
    choices,
    decide,
    publish,
)
from services.feedback.budgets.schemas import BudgetInput, VoteInput
from services.feedback.periods.domain import taken_at
from services.feedback.periods.store import database_now, take_turn
from shared.contracts.feedback import Because
from shared.ids import uuid7
from shared.outbox.append import Outgoing

SHARE, UPDATE = "FOR SHARE", "FOR UPDATE"


def members(given: BudgetInput) -> dict[str, Any]:
    """What the city says of a draft, with new ids for its projects."""
    projects = [Project(id=uuid7(), **dict(each)) for each in given.projects]
    return {**dict(given), "projects": projects}


async def find(connection: asyncpg.Connection, budget_id: UUID, lock: str = "") -> Budget:
    """Raises NoSuchBudget."""
    found = await store.find(connection, budget_id, lock)
    if found is None:
        raise NoSuchBudget(f"{budget_id}")
    return found


async def draft(connection: asyncpg.Connection, budget: Budget) -> None:
    """Keeps a new draft. Raises UnknownProposal."""
    await _check_proposals(connection, budget)
    await store.save(connection, budget)


async def _check_proposals(connection: asyncpg.Connection, budget: Budget) -> None:
    named = {project.proposal_id for project in budget.projects if project.proposal_id is not None}
    if named and (missing := named - await store.published_proposals(connection, budget.jurisdiction_id, named)):
        raise UnknownProposal(", ".join(sorted(map(str, missing))))


async def rewrite(connection: asyncpg.Connection, budget_id: UUID, changes: Mapping[str, Any]) -> Budget:
    """Replaces a draft. Raises NoSuchBudget, AlreadyPublished or UnknownProposal."""
    before = await find(connection, budget_id, UPDATE)
    check_draft(before)
    changed = replace(before, changed_at=await database_now(connection), **changes)
    await _check_proposals(connection, changed)
    await store.save(connection, changed)
    return changed


async def throw_away(connection: asyncpg.Connection, budget_id: UUID) -> None:
    """Deletes a draft. Raises NoSuchBudget or AlreadyPublished."""
    check_draft(await find(connection, budget_id, UPDATE))
    await store.delete(connection, budget_id)


async def open_up(connection: asyncpg.Connection, budget_id: UUID) -> tuple[Budget, Sequence[Outgoing]]:
    """Publishes a draft. Raises NoSuchBudget, AlreadyPublished or ImpossiblePeriod."""
    before = await find(connection, budget_id, UPDATE)
    published = publish(before, await database_now(connection))
    await store.save(connection, published)
    return published, [publishes.opened(published)]


async def vote(
    connection: asyncpg.Connection,
    budget_id: UUID,
    given: VoteInput,
    contributor: str,
    same: Sequence[str],
    made_at: datetime | None = None,
) -> tuple[Vote, Sequence[Outgoing]]:
    """Takes a vote, in place of an earlier one; `same` is what rows call its voter, whatever token they showed.

    Raises NoSuchBudget, NotPublished, NotOpen, NewerSaid, or what `choices` does.
    While the budget is locked its votes cannot be counted: so all that were taken are.
    """
    budget = await find(connection, budget_id, SHARE)
    await take_turn(connection, same[0], budget_id)
    now = await database_now(connection)
    budget.period.check_open(now, "the vote")
    said = choices(budget, given.projects, given.points)
    earlier = await store.delete_votes_of(connection, budget_id, same)
    given_at = taken_at(budget.period, now, made_at, max((each.given_at for each in earlier), default=None))
    cast = Vote(
        id=uuid7(),
        budget_id=budget_id,
        contributor=contributor,
        given_at=given_at,
        choices=said,
        district_id=given.district_id,
        channel=given.channel,
        campaign=given.campaign,
    )
    await store.cast(connection, cast)
    replaced = [publishes.withdrawn(each, budget, now, Because.REPLACED) for each in earlier]
    return cast, [*replaced, publishes.cast(cast, budget)]


async def take_back(connection: asyncpg.Connection, budget_id: UUID, same: Sequence[str]) -> Sequence[Outgoing]:
    """Deletes a vote for its voter, `same`. Raises NoSuchBudget, NotPublished, NotOpen or NoSuchVote."""
    budget = await find(connection, budget_id, SHARE)
    await take_turn(connection, same[0], budget_id)
    now = await database_now(connection)
    budget.period.check_open(now, "the vote")
    gone = await store.delete_votes_of(connection, budget_id, same)
    if not gone:
        raise NoSuchVote(f"no vote on {budget_id} was cast with this receipt token")
    return [publishes.withdrawn(each, budget, now, Because.WITHDRAWN) for each in gone]


async def count(
    connection: asyncpg.Connection, budget_id: UUID, counting: Counting
) -> tuple[Budget, Sequence[Outgoing]]:
    """Counts the votes: once, after the end.

    Raises NoSuchBudget, NotPublished, StillOpen, AlreadyDecided or CountingFailed. While the budget is locked nobody
    votes, and nobody's vote is erased.
    """
    budget = await find(connection, budget_id, UPDATE)
    now = await database_now(connection)
    check_countable(budget, now)
    outcome = await counting.of(budget_id)
    decided = decide(budget, outcome.votes, outcome.projects, now)
    await store.save(connection, decided)
    return decided, [publishes.decided(decided)]
