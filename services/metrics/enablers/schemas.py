"""Capacity and collaboration as JSON."""

from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from services.metrics.enablers.capacity import Capacity
from services.metrics.enablers.collaboration import Collaboration
from services.metrics.publishes import rounded


class MoneyOut(BaseModel):
    """An amount in the minor unit of its currency."""

    amount: int
    currency: str


class CapacityOut(BaseModel):
    """With what a service or organisation works, by the last capacity report."""

    report_id: str
    organisation_id: str
    service_id: str | None = Field(description="Null where the report is of all that the organisation does")
    starts_on: date
    ends_on: date
    score: float | None = Field(description="0 to 100, the mean of the figures that have a norm: the first two")
    posts_filled: float | None = Field(description="Posts filled of all posts, in per cent")
    skills_covered: float | None = Field(description="Skills that are there of those needed, in per cent")
    training_days: float | None = Field(description="Days of training of each full-time equivalent in the period")
    workload: float | None = Field(description="Cases of each full-time equivalent and year")
    budget_spent: float | None = Field(description="Spent of the planned budget, in per cent")
    cost_per_case: MoneyOut | None = Field(description="Spent for each case that was closed in the period")
    cases_closed: int = Field(description="Resolved or declined in the period, by citizens' input")


class CollaborationOut(BaseModel):
    """Who stands behind it together, and how evenly."""

    score: float | None = Field(description="0 to 100, the mean of `helix_balance` and `spread`")
    helix_balance: float | None = Field(description="0: all of one part of society, 100: all four alike")
    helixes: dict[str, int] = Field(description="Organisations by part of society, those that answer for it included")
    helix_unknown: int
    ties: int = Field(description="Organisations that take part, beside those that answer for it")
    partnerships: int = Field(description="In force on the day")
    concentration: float | None = Field(description="Herfindahl index of the partners' parts; 1: all is one partner's")
    spread: float | None = Field(description="100 times what the concentration leaves to 1")
    largest_partner: str | None
    largest_share: float | None = Field(description="The part of the largest partner in all ties")


class EnablersOut(BaseModel):
    """What enables performance. It is no part of public value."""

    capacity: CapacityOut | None = Field(description="Null where no report speaks of the day")
    collaboration: CollaborationOut


class EnablersOfOut(EnablersOut):
    """Of a service or an organisation on a UTC day."""

    id: str
    as_of: date


def enablers_out(capacity: Capacity | None, collaboration: Collaboration) -> EnablersOut:
    """Both dimensions as they are published."""
    return EnablersOut(
        capacity=None if capacity is None else _capacity(capacity), collaboration=_collaboration(collaboration)
    )


def _capacity(found: Capacity) -> CapacityOut:
    report, cost = found.report, found.cost_per_case
    return CapacityOut(
        report_id=report.id,
        organisation_id=report.organisation_id,
        service_id=report.service_id,
        starts_on=date.fromordinal(report.starts),
        ends_on=date.fromordinal(report.ends),
        cost_per_case=None if cost is None else MoneyOut(amount=cost.amount, currency=cost.currency),
        cases_closed=report.cases_closed,
        **_figures(found, "score", "posts_filled", "skills_covered", "training_days", "workload", "budget_spent"),
    )


def _collaboration(found: Collaboration) -> CollaborationOut:
    return CollaborationOut(
        helixes=dict(found.helixes),
        helix_unknown=found.helix_unknown,
        ties=found.ties,
        partnerships=found.partnerships,
        largest_partner=found.largest,
        **_figures(found, "score", "helix_balance", "concentration", "spread", "largest_share"),
    )


def _figures(found: Any, *names: str) -> dict[str, float | None]:
    figures = {name: getattr(found, name) for name in names}
    return {name: None if figure is None else rounded(figure) for name, figure in figures.items()}
