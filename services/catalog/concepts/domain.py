"""A concept: a term of a vocabulary that services are described with, in a city's own words."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from services.catalog.entities.domain import Facets, Fields
from services.catalog.entities.references import JurisdictionId, Names
from shared.text import EntityId

ConceptId = Annotated[EntityId, Names("concept")]


class Scheme(StrEnum):
    """The vocabularies."""

    TECHNOLOGY = "technology"
    FOCAL_AREA = "focal-area"
    SKILL = "skill"


class Concept(Fields):
    """A term (skos:Concept): of one jurisdiction, or of all where none is named."""

    FACETS: ClassVar[tuple[str, ...]] = ("scheme",)

    scheme: Scheme
    jurisdiction_id: JurisdictionId | None = None
    broader_id: ConceptId | None = Field(default=None, description="The wider term that it falls under")

    @property
    def home(self) -> str | None:
        return self.jurisdiction_id

    def facets(self) -> Facets:
        return {"scheme": [self.scheme]}
