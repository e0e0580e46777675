"""A decision of the log: what was decided, by whom, why, and what else was considered."""

from typing import Annotated, ClassVar

from pydantic import Field

from services.catalog.entities.domain import Facets, LocalFields
from services.catalog.entities.references import ObjectiveId, OrganisationId, PersonId, ServiceId
from services.catalog.entities.values import Link, Value
from shared.text import Line, Prose, Written
from shared.times import Day


class Alternative(Value):
    """What else was considered, and why it was not chosen."""

    title: Line
    why_not: Prose = ""


class Decision(LocalFields):
    """Its name says what was decided."""

    FACETS: ClassVar[tuple[str, ...]] = ("service", "year", "proposal")

    decided_on: Day
    reasons: Written
    person_ids: Annotated[tuple[PersonId, ...], Field(max_length=100)] = Field(default=(), description="Who decided")
    organisation_id: OrganisationId | None = Field(default=None, description="The body that decided")
    alternatives: Annotated[tuple[Alternative, ...], Field(max_length=50)] = ()
    service_ids: Annotated[tuple[ServiceId, ...], Field(max_length=1_000)] = ()
    objective_ids: Annotated[tuple[ObjectiveId, ...], Field(max_length=1_000)] = ()
    proposal_ids: Annotated[tuple[Line, ...], Field(max_length=1_000)] = Field(
        default=(), description="Citizens' proposals that it answers, by their ids in feedback"
    )
    links: Annotated[tuple[Link, ...], Field(max_length=50)] = ()

    def facets(self) -> Facets:
        return {"service": self.service_ids, "year": [str(self.decided_on.year)], "proposal": self.proposal_ids}
