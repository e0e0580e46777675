"""A region: cities that are looked at together."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from services.catalog.entities.domain import Fields
from services.catalog.entities.references import JurisdictionId, Names
from services.catalog.entities.values import unique
from shared.text import EntityId

RegionId = Annotated[EntityId, Names("region")]


class Region(Fields):
    """Cities grouped for comparison; a region can lie within another."""

    jurisdiction_ids: Annotated[tuple[JurisdictionId, ...], Field(max_length=1_000)] = ()
    parent_id: RegionId | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        unique(self.jurisdiction_ids, "jurisdiction")
        return self
