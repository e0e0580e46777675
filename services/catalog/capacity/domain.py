"""A capacity report: with what staff, skills, training and budget an organisation worked in a period."""

from decimal import Decimal
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from services.catalog.entities.domain import Facets, LocalFields
from services.catalog.entities.references import OrganisationId, ServiceId
from services.catalog.entities.values import ClosedPeriod, Link, Money, Value, decimal, unique
from shared.text import WHOLE, Line

FullTimeEquivalents = Annotated[Decimal, *decimal(power=7, places=3)]
Count = Annotated[int, Field(strict=True, ge=0, le=10**12), WHOLE]


class Skill(Value):
    """Full-time equivalents with a skill, against those that are needed."""

    skill: Line
    available: FullTimeEquivalents
    needed: FullTimeEquivalents


class CapacityReport(LocalFields):
    """Of an organisation, for one of its services or for all it does. A correction is a new version."""

    FACETS: ClassVar[tuple[str, ...]] = ("organisation", "service", "year")

    organisation_id: OrganisationId
    service_id: ServiceId | None = None
    period: ClosedPeriod
    staff: FullTimeEquivalents | None = Field(default=None, description="Full-time equivalents at work")
    vacancies: FullTimeEquivalents | None = Field(default=None, description="Full-time equivalents not filled")
    skills: Annotated[tuple[Skill, ...], Field(max_length=200)] = ()
    training_days: Annotated[Decimal, *decimal(power=9, places=2)] | None = None
    budget_planned: Money | None = None
    budget_spent: Money | None = None
    cases_planned: Count | None = Field(default=None, description="Cases that the planned budget was for")
    cases_handled: Count | None = None
    source: Link | None = None

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        unique(tuple(skill.skill for skill in self.skills), "skill")
        if self.budget_planned and self.budget_spent and self.budget_planned.currency != self.budget_spent.currency:
            raise ValueError("planned and spent budget are in different currencies")
        return self

    def facets(self) -> Facets:
        return {
            "organisation": [self.organisation_id],
            "service": [self.service_id] if self.service_id else [],
            "year": [str(self.period.starts_on.year)],
        }
