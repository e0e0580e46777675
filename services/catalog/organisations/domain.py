"""An organisation, and to which part of society it belongs."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from services.catalog.entities.domain import Facets, LocalFields
from services.catalog.entities.references import OrganisationId
from services.catalog.entities.values import Iri
from shared.text import Line, WebAddress


class Helix(StrEnum):
    """The four parts of society that make up a quadruple helix."""

    GOVERNMENT = "government"
    INDUSTRY = "industry"
    ACADEMIA = "academia"
    CIVIL_SOCIETY = "civil-society"


class Organisation(LocalFields):
    """Who stands behind services: a department of the city, a company, a university, an association."""

    FACETS: ClassVar[tuple[str, ...]] = ("helix", "organisation_kind")

    helix: Helix | None = None
    parent_id: OrganisationId | None = Field(default=None, description="What it is a part of, within this jurisdiction")
    kind: Line | None = Field(default=None, description="Such as department, agency, utility, university, association")
    homepage: WebAddress | None = None
    email: Line | None = Field(default=None, description="Of the organisation, not of a person")
    telephone: Line | None = None
    spatial: Annotated[tuple[Iri, ...], Field(max_length=100)] = Field(
        default=(), description="Areas that it serves, by their names on the web of data"
    )

    def facets(self) -> Facets:
        return {"helix": [self.helix] if self.helix else [], "organisation_kind": [self.kind] if self.kind else []}
