"""A participatory budget, its states, and what is a vote in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import SystemRandom
from typing import Any, Literal
from uuid import UUID

from services.feedback.budgets import counting
from services.feedback.periods.domain import Period, PeriodState, starting, state
from services.feedback.wording import Label

Voting = Literal["knapsack", "approval", "cumulative"]
"""Any projects that the budget suffices for; at most so many projects; so many points among projects."""

Counting = Literal["greedy", "equal_shares"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Something that the money may be spent on. `lot` is drawn when the budget is published, before anybody votes."""

    id: UUID
    title: Label
    text: Label
    cost: int
    proposal_id: UUID | None = None
    lot: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """`amount` is in minor units of `currency`. `most` is of projects with `approval`, of points with `cumulative`.

    `outcome` is what became of each project, once the votes are counted; `votes` is how many were, and `erased` how
    many of those their voters have had erased since: the outcome stays, but their ballots are gone.
    """

    id: UUID
    jurisdiction_id: str
    service_id: str
    title: Label
    text: Label
    amount: int
    currency: str
    voting: Voting
    counting: Counting
    closes_at: datetime
    author: str
    changed_at: datetime
    projects: Sequence[Project]
    most: int | None = None
    opens_at: datetime | None = None
    published_at: datetime | None = None
    decided_at: datetime | None = None
    votes: int | None = None
    outcome: Sequence[Mapping[str, Any]] | None = None
    erased: int = 0

    @property
    def period(self) -> Period:
        """Raises NotPublished."""
        if self.published_at is None or self.opens_at is None:
            raise NotPublished(f"budget {self.id} is a draft")
        return Period(self.opens_at, self.closes_at)

    def state(self, now: datetime) -> PeriodState | Literal["decided"]:
        if self.decided_at is not None:
            return "decided"
        return state(self.published_at is not None, self.opens_at, self.closes_at, now)

    @property
    def paid_for(self) -> list[str]:
        """The ids of projects that are paid for, in the order in which they were found. Raises NotDecided."""
        if self.outcome is None:
            raise NotDecided(f"the votes on budget {self.id} are not counted")
        return [each["id"] for each in self.outcome if each["why"] == "funded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """What a contributor, by a pseudonym, voted for: points by project id, 1 each where there are none to give."""

    id: UUID
    budget_id: UUID
    contributor: str
    given_at: datetime
    choices: Mapping[str, int]
    district_id: str | None = None
    channel: str | None = None
    campaign: str | None = None


class NoSuchBudget(LookupError):
    """There is no budget of this id."""


class NoSuchVote(LookupError):
    """Whoever asks has not voted."""


class NotPublished(Exception):
    """The budget is a draft."""


class AlreadyPublished(Exception):
    """The budget is no draft any more."""


class StillOpen(Exception):
    """Votes cannot be counted before the end."""


class AlreadyDecided(Exception):
    """The votes were counted before."""


class CountingFailed(Exception):
    """The votes could not be counted, and are not."""


class NotDecided(Exception):
    """The votes are not counted, and nobody sees them before."""


class UnknownProject(ValueError):
    """The vote names a project that is not one of this budget."""


class UnknownProposal(ValueError):
    """A project names a proposal that is not one of the budget's jurisdiction."""


class WrongBallot(ValueError):
    """The vote is not of the kind that this budget takes."""


class BeyondBudget(ValueError):
    """The projects of a vote cost more than there is to spend."""


class TooMany(ValueError):
    """The vote names more projects, or gives more points, than this budget allows."""


def check_draft(budget: Budget) -> None:
    """Raises AlreadyPublished."""
    if budget.published_at is not None:
        raise AlreadyPublished(f"budget {budget.id} was published at {budget.published_at.isoformat()}")


def publish(draft: Budget, now: datetime) -> Budget:
    """The draft, for citizens to vote on, lots drawn. Raises AlreadyPublished or ImpossiblePeriod."""
    check_draft(draft)
    period = starting(draft.opens_at, draft.closes_at, now)
    lots = list(range(1, len(draft.projects) + 1))
    SystemRandom().shuffle(lots)
    projects = [replace(project, lot=lot) for project, lot in zip(draft.projects, lots, strict=True)]
    return replace(draft, opens_at=period.opens_at, published_at=now, changed_at=now, projects=projects)


def choices(budget: Budget, projects: Sequence[UUID] | None, points: Mapping[UUID, int] | None) -> dict[str, int]:
    """What a vote says, if it is one. Raises WrongBallot, UnknownProject, BeyondBudget or TooMany."""
    if (points is None) != (budget.voting != "cumulative") or (projects is None) == (points is None):
        wanted = "points by project" if budget.voting == "cumulative" else "projects"
        raise WrongBallot(f"a vote on this budget is a list of {wanted}, and nothing else")
    said = dict.fromkeys(projects, 1) if projects is not None else dict(points or {})
    costs = {project.id: project.cost for project in budget.projects}
    for project_id in said:
        if project_id not in costs:
            raise UnknownProject(f"{project_id} is no project of budget {budget.id}")
    if budget.voting == "knapsack":
        _check_cost(budget, sum(costs[project_id] for project_id in said))
    elif budget.most is not None:
        _check_most(budget, sum(said.values()), budget.most)
    return {str(project_id): n for project_id, n in sorted(said.items())}


def _check_cost(budget: Budget, cost: int) -> None:
    if cost > budget.amount:
        raise BeyondBudget(f"these projects cost {cost}, and there are {budget.amount} to spend (minor units)")


def _check_most(budget: Budget, said: int, most: int) -> None:
    if said > most:
        what = "points" if budget.voting == "cumulative" else "projects"
        raise TooMany(f"{said} {what}, and at most {most} are allowed")


def check_countable(budget: Budget, now: datetime) -> None:
    """Raises NotPublished, AlreadyDecided or StillOpen."""
    period = budget.period
    if budget.decided_at is not None:
        raise AlreadyDecided(f"the votes on budget {budget.id} were counted at {budget.decided_at.isoformat()}")
    if now < period.closes_at:
        raise StillOpen(f"citizens can vote until {period.closes_at.isoformat()}")


def count(budget: Budget, ballots: Mapping[counting.Ballot, int]) -> list[counting.Counted]:
    """What becomes of each project by the rule of the budget."""
    candidates = [counting.Candidate(str(each.id), each.cost, each.lot or 0) for each in budget.projects]
    if budget.counting == "greedy":
        return counting.greedy(budget.amount, candidates, ballots)
    return counting.equal_shares(budget.amount, candidates, ballots, worth_cost=budget.voting != "cumulative")


def decide(budget: Budget, votes: int, outcome: Sequence[Mapping[str, Any]], now: datetime) -> Budget:
    """The budget with its votes counted: so many, with what became of each project."""
    return replace(budget, decided_at=now, changed_at=now, votes=votes, outcome=outcome)
