"""A case: what was done, in which context, with what effect, and what was learnt."""

from typing import Annotated, ClassVar

from pydantic import Field

from services.catalog.concepts.domain import ConceptId
from services.catalog.entities.domain import Facets, LocalFields
from services.catalog.entities.references import OrganisationId, PartnershipId, ServiceId
from services.catalog.entities.values import ClosedPeriod, Link
from shared.text import Line, Prose, Written


class Case(LocalFields):
    """A practice that others can learn from. `before` and `after` are periods whose scores can be compared."""

    FACETS: ClassVar[tuple[str, ...]] = ("focal_area", "technology", "service")

    context: Prose = ""
    done: Written
    before: ClosedPeriod | None = None
    after: ClosedPeriod | None = None
    effect: Prose = ""
    lessons: Annotated[tuple[Written, ...], Field(max_length=50)] = ()
    service_ids: Annotated[tuple[ServiceId, ...], Field(max_length=1_000)] = ()
    organisation_ids: Annotated[tuple[OrganisationId, ...], Field(max_length=200)] = ()
    partnership_ids: Annotated[tuple[PartnershipId, ...], Field(max_length=200)] = ()
    technology_ids: Annotated[tuple[ConceptId, ...], Field(max_length=100)] = ()
    focal_area: Line | None = None
    links: Annotated[tuple[Link, ...], Field(max_length=50)] = ()

    def facets(self) -> Facets:
        return {
            "focal_area": [self.focal_area] if self.focal_area else [],
            "technology": self.technology_ids,
            "service": self.service_ids,
        }
