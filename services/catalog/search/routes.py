"""`/v1/search`: one search over all kinds."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from services.catalog.entities.queries import ListQuery, Values, answer, wanted
from services.catalog.entities.routes import Engine
from services.catalog.entities.schemas import ListPage
from shared.database import connection
from shared.text import EntityId

router = APIRouter(tags=["search"])

FACETS = ("status", "focal_area", "technology", "organisation", "service")


class SearchQuery(ListQuery):
    """What a search over all kinds takes."""

    kind: EntityId | None = Field(default=None, description="Such as service, organisation, case")
    status: Values = []
    focal_area: Values = []
    technology: Values = []
    organisation: Values = []
    service: Values = []


@router.get("/v1/search", response_model=ListPage[dict[str, object]], summary="Search entities of all kinds")
async def search(engine: Engine, query: Annotated[SearchQuery, Query()]) -> Response:
    """Each item is `{"kind", "entity"}`; the best matches come first."""
    async with connection(engine) as database:
        return await answer(database, query, wanted(query, query.kind, FACETS), kinds=True)
