"""`/v1/network`: who is tied to whom, and the network's figures."""

import asyncio
from typing import Annotated, Literal

import asyncpg
from fastapi import APIRouter, Depends, Query, Request, Response

from services.catalog.entities.queries import json_response
from services.catalog.entities.routes import Engine, IfNoneMatch, existing
from services.catalog.kinds import JURISDICTION, SERVICE
from services.catalog.network import store
from services.catalog.network.cache import FiguresCache
from services.catalog.network.domain import Network
from services.catalog.network.figures import Figures, figures
from services.catalog.network.graphml import graphml
from shared.database import connection
from shared.text import EntityId, Line

router = APIRouter(prefix="/v1/network", tags=["network"])

GRAPHML = "application/graphml+xml"


class Scope:
    """Dependency: which part of the network is asked for."""

    def __init__(
        self,
        jurisdiction_id: EntityId | None = None,
        service_id: Annotated[EntityId | None, Query(description="What stands behind one service")] = None,
        focal_area: Annotated[Line | None, Query(description="What stands behind the services of a focal area")] = None,
    ) -> None:
        self.jurisdiction_id = jurisdiction_id
        self.service_id = service_id
        self.focal_area = focal_area

    @property
    def key(self) -> tuple[str | None, ...]:
        """What sets it apart from others."""
        return (self.jurisdiction_id, self.service_id, self.focal_area)

    async def check(self, database: asyncpg.Connection) -> None:
        """A problem (404) where the jurisdiction or service is not there; a service tells its jurisdiction."""
        if self.jurisdiction_id is not None:
            await existing(database, JURISDICTION, self.jurisdiction_id)
        if self.service_id is not None:
            service = SERVICE.load((await existing(database, SERVICE, self.service_id)).body)
            self.jurisdiction_id = service.fields.jurisdiction_id

    def of(self, network: Network) -> Network:
        """The part of a network."""
        if self.service_id is not None:
            return network.around([self.service_id])
        return network.in_focal_area(self.focal_area) if self.focal_area is not None else network


Scoped = Annotated[Scope, Depends()]


def _cache(request: Request) -> FiguresCache:
    cache: FiguresCache = request.app.state.figures
    return cache


@router.get("", summary="Actors, what they stand behind, and the ties between", response_class=Response)
async def get_network(
    engine: Engine, scope: Scoped, format: Literal["json", "graphml"] = "json", if_none_match: IfNoneMatch = ""
) -> Response:
    """JSON: `{"nodes": [...], "ties": [...], "version"}`. A partnership is a node to which its partners are tied."""
    async with connection(engine) as database, database.transaction(isolation="repeatable_read", readonly=True):
        await scope.check(database)
        headers = {"ETag": f'"{await store.version(database, scope.jurisdiction_id)}"'}
        if headers["ETag"] in if_none_match:
            return Response(status_code=304, headers=headers)
        network = scope.of(await store.network(database, scope.jurisdiction_id))
    if format == "graphml":
        return Response(await asyncio.to_thread(graphml, network), media_type=GRAPHML, headers=headers)
    document = {
        "nodes": [node._asdict() for node in network.nodes.values()],
        "ties": [tie._asdict() for tie in network.ties],
        "version": headers["ETag"].strip('"'),
    }
    return json_response(document, headers=headers)


@router.get("/figures", summary="What the network's form tells")
async def get_figures(
    engine: Engine,
    scope: Scoped,
    cache: Annotated[FiguresCache, Depends(_cache)],
    response: Response,
    limit: Annotated[int, Query(ge=1, le=1_000, description="Most actors in each list")] = 20,
) -> Figures:
    """Density, central actors, brokers, isolated actors, balance of the helixes, dependence on single partners."""
    async with connection(engine) as database:
        await scope.check(database)
        version = await store.version(database, scope.jurisdiction_id)
    response.headers["ETag"] = f'"{version}"'

    async def compute() -> Figures:
        async with connection(engine) as database, database.transaction(isolation="repeatable_read", readonly=True):
            known = await store.version(database, scope.jurisdiction_id)
            network = await store.network(database, scope.jurisdiction_id)
        return await asyncio.to_thread(lambda: figures(scope.of(network), known, limit))

    return await cache.get((*scope.key, version, limit), compute)
