"""Budgets, votes and outcomes as they are shown."""

from datetime import datetime

from services.feedback.budgets.domain import Budget, NotDecided, Vote
from services.feedback.budgets.schemas import (
    BudgetResults,
    BudgetView,
    ProjectResult,
    ProjectView,
    VoteReceipt,
    VoteView,
)

SHOWN = [name for name in BudgetView.model_fields if name not in {"projects", "state"}]


def told(budget: Budget, now: datetime) -> BudgetView:
    """A budget as it is at a time."""
    projects = [ProjectView.model_validate(each) for each in budget.projects]
    return BudgetView(**{name: getattr(budget, name) for name in SHOWN}, state=budget.state(now), projects=projects)


def cast(vote: Vote) -> VoteReceipt:
    """That somebody voted."""
    return VoteReceipt(id=vote.id, budget_id=vote.budget_id, given_at=vote.given_at)


def mine(vote: Vote) -> VoteView:
    """A vote, for its voter."""
    return VoteView(
        **dict(cast(vote)),
        points=dict(vote.choices),
        district_id=vote.district_id,
        channel=vote.channel,
        campaign=vote.campaign,
    )


def results(budget: Budget) -> BudgetResults:
    """The outcome. Raises NotDecided."""
    if budget.outcome is None or budget.decided_at is None or budget.votes is None:
        raise NotDecided(f"the votes on budget {budget.id} are not counted")
    of = {str(project.id): project for project in budget.projects}
    projects = [
        ProjectResult(
            project_id=of[each["id"]].id,
            title=of[each["id"]].title,
            cost=of[each["id"]].cost,
            votes=each["ballots"],
            funded=each["why"] == "funded",
            **{name: each[name] for name in ("points", "rank", "why", "order", "left", "by_shares")},
        )
        for each in budget.outcome
    ]
    spent = sum(each.cost for each in projects if each.funded)
    return BudgetResults(
        budget_id=budget.id,
        decided_at=budget.decided_at,
        counting=budget.counting,
        amount=budget.amount,
        currency=budget.currency,
        spent=spent,
        left=budget.amount - spent,
        votes=budget.votes,
        erased=budget.erased,
        projects=projects,
    )
