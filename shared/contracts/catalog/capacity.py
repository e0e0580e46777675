"""With what an organisation works."""

from decimal import Decimal

from shared.contracts.base import Contract
from shared.contracts.catalog.common import ClosedPeriod, EntityId, Link, LocalState, Money


class Skill(Contract, frozen=True, kw_only=True):
    """Full-time equivalents with a skill, against those that are needed."""

    skill: str
    available: Decimal
    needed: Decimal


class CapacityReportChanged(LocalState, frozen=True, kw_only=True):
    """Of an organisation, for one of its services or for all it does. A correction is a new version."""

    organisation_id: EntityId
    period: ClosedPeriod
    service_id: EntityId | None = None
    staff: Decimal | None = None
    vacancies: Decimal | None = None
    skills: tuple[Skill, ...] = ()
    training_days: Decimal | None = None
    budget_planned: Money | None = None
    budget_spent: Money | None = None
    cases_planned: int | None = None
    cases_handled: int | None = None
    source: Link | None = None
