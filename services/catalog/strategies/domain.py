"""A strategy: what the city wants to become, as a group of objectives."""

from typing import Annotated, ClassVar

from pydantic import Field

from services.catalog.entities.domain import Facets, LocalFields
from services.catalog.entities.references import PersonId, StrategyId
from services.catalog.entities.values import Link, Period


class Strategy(LocalFields):
    """A plan that groups objectives; it can be part of a wider one."""

    FACETS: ClassVar[tuple[str, ...]] = ("owner",)

    parent_id: StrategyId | None = None
    owner_id: PersonId | None = None
    horizon: Period | None = None
    links: Annotated[tuple[Link, ...], Field(max_length=50)] = ()

    def facets(self) -> Facets:
        return {"owner": [self.owner_id] if self.owner_id else []}
