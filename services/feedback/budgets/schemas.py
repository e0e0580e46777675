"""What the city says of a budget, how citizens vote, and what all are told."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from services.feedback.budgets.counting import Why
from services.feedback.budgets.domain import Counting, Voting
from services.feedback.money import Currency
from services.feedback.periods.schemas import Moment
from services.feedback.wording import LongWording, Wording
from shared.text import WHOLE, EntityId, Line

MOST_PROJECTS = 500
LARGEST = 10**15

Amount = Annotated[int, Field(strict=True, ge=1, le=LARGEST, description="Minor units of the currency"), WHOLE]
Points = Annotated[int, Field(strict=True, ge=1, le=10_000), WHOLE]
State = Literal["draft", "announced", "open", "closed", "decided"]


def _once_each(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) < len(ids):
        raise ValueError("names a project twice")
    return ids


class ProjectInput(BaseModel):
    """A project that can be voted on."""

    model_config = ConfigDict(extra="forbid")

    title: Wording
    text: LongWording = Field(default_factory=dict)
    cost: Amount
    proposal_id: UUID | None = Field(default=None, description="The proposal that it comes from")


class BudgetInput(BaseModel):
    """A draft. What opens when it is published has no `opens_at`, or one that has passed."""

    model_config = ConfigDict(extra="forbid")

    service_id: EntityId
    title: Wording
    text: LongWording = Field(default_factory=dict)
    amount: Amount
    currency: Currency
    voting: Voting = Field(
        description="knapsack: any projects that the amount suffices for; approval: at most `most` projects; "
        "cumulative: at most `most` points, spread over projects"
    )
    most: Points | None = Field(default=None, description="Projects or points; not with knapsack")
    counting: Counting
    opens_at: Moment | None = None
    closes_at: Moment
    projects: list[ProjectInput] = Field(min_length=1, max_length=MOST_PROJECTS)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if (self.most is None) != (self.voting == "knapsack"):
            raise ValueError("approval and cumulative voting need `most`, knapsack voting has none")
        if any(project.cost > self.amount for project in self.projects):
            raise ValueError("no project may cost more than the amount")
        return self


class ProjectView(BaseModel):
    """A project. `lot`, the lower first, decides where votes and cost are equal; it is drawn at publication."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    title: dict[str, str]
    text: dict[str, str]
    cost: int
    proposal_id: UUID | None
    lot: int | None


class BudgetView(BaseModel):
    """A budget, as anybody may see it."""

    id: UUID
    jurisdiction_id: str
    service_id: str
    title: dict[str, str]
    text: dict[str, str]
    amount: int
    currency: str
    voting: Voting
    most: int | None
    counting: Counting
    opens_at: datetime | None
    closes_at: datetime
    state: State
    published_at: datetime | None
    decided_at: datetime | None
    projects: list[ProjectView]


class VoteInput(BaseModel):
    """A vote: `projects` with knapsack and approval voting, `points` by project with cumulative voting."""

    model_config = ConfigDict(extra="forbid")

    projects: (
        Annotated[list[UUID], Field(min_length=1, max_length=MOST_PROJECTS), AfterValidator(_once_each)] | None
    ) = None
    points: Annotated[dict[UUID, Points], Field(min_length=1, max_length=MOST_PROJECTS)] | None = None
    district_id: EntityId | None = Field(default=None, description="Where they live, in the service's jurisdiction")
    channel: Line | None = Field(default=None, description="By which way it came, such as web or app")
    campaign: Line | None = Field(default=None, description="What made them think of it, such as the name of a poster")


class VoteReceipt(BaseModel):
    """That a vote was cast; what it says is told to its voter alone, where they ask."""

    id: UUID
    budget_id: UUID
    given_at: datetime


class VoteView(VoteReceipt):
    """A vote, as its voter sees it; points are 1 where there are none to give."""

    points: dict[UUID, int]
    district_id: str | None
    channel: str | None
    campaign: str | None


class ProjectResult(BaseModel):
    """What became of a project.

    `rank` is its place by votes. `order` is its place among those paid for, `left` what was left at its turn (minor
    units). `by_shares` is true where equal shares bought it, false where it was found by votes.
    """

    project_id: UUID
    title: dict[str, str]
    cost: int
    votes: int = Field(description="Ballots that name it")
    points: int
    rank: int
    funded: bool
    why: Why
    order: int | None
    left: int
    by_shares: bool


class BudgetResults(BaseModel):
    """The outcome, in the order in which projects had their turn. It stays as it was decided: `erased` counts the
    voters who have had their ballots erased since, so that the ballots there are no longer add up to it."""

    budget_id: UUID
    decided_at: datetime
    counting: Counting
    amount: int
    currency: str
    spent: int
    left: int
    votes: int
    erased: int
    projects: list[ProjectResult]
