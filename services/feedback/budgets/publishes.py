"""What happened to budgets, as the events that others learn of. None says what anybody voted for."""

from datetime import datetime

from services.feedback.budgets.domain import Budget, NotDecided, NotPublished, Vote
from services.feedback.places import home
from shared.contracts.feedback import TOPIC, Because, BudgetDecided, BudgetOpened, BudgetVoteCast, BudgetVoteWithdrawn
from shared.outbox.append import Outgoing, outgoing


def opened(budget: Budget) -> Outgoing:
    """A budget was published. Raises NotPublished."""
    if budget.published_at is None:
        raise NotPublished(f"budget {budget.id} is a draft")
    contract = BudgetOpened(
        **home(budget),
        budget_id=str(budget.id),
        published_at=budget.published_at,
        opens_at=budget.period.opens_at,
        closes_at=budget.closes_at,
        amount=budget.amount,
        currency=budget.currency,
    )
    return outgoing(TOPIC, budget.service_id, contract, budget.published_at)


def decided(budget: Budget) -> Outgoing:
    """The votes are counted. Raises NotDecided."""
    if budget.decided_at is None or budget.votes is None:
        raise NotDecided(f"the votes on budget {budget.id} are not counted")
    contract = BudgetDecided(
        **home(budget),
        budget_id=str(budget.id),
        decided_at=budget.decided_at,
        votes=budget.votes,
        project_ids=budget.paid_for,
    )
    return outgoing(TOPIC, budget.service_id, contract, budget.decided_at)


def cast(vote: Vote, budget: Budget) -> Outgoing:
    """Somebody voted."""
    contract = BudgetVoteCast(
        **home(budget),
        district_id=vote.district_id,
        vote_id=str(vote.id),
        budget_id=str(budget.id),
        contributor=vote.contributor,
        given_at=vote.given_at,
        channel=vote.channel,
        campaign=vote.campaign,
    )
    return outgoing(TOPIC, budget.service_id, contract, vote.given_at)


def withdrawn(vote: Vote, budget: Budget, at: datetime, because: Because) -> Outgoing:
    """A vote counts no longer as an input."""
    when = max(at, vote.given_at)
    contract = BudgetVoteWithdrawn(
        **home(budget),
        district_id=vote.district_id,
        vote_id=str(vote.id),
        budget_id=str(budget.id),
        contributor=vote.contributor,
        given_at=vote.given_at,
        withdrawn_at=when,
        because=because,
        channel=vote.channel,
    )
    return outgoing(TOPIC, budget.service_id, contract, when)
