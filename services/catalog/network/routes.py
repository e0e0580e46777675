"""`/v1/network`: who is tied to whom, and the network's figures."""

import asyncio
from typing import Annotated, Literal

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.entities.changes import not_found
from services.catalog.entities.queries import json_response
from services.catalog.entities.routes import Engine, IfNoneMatch
from services.catalog.kinds import JURISDICTION, SERVICE
from services.catalog.network import store
from services.catalog.network.cache import FiguresCache
from services.catalog.network.domain import Network
from services.catalog.network.figures import Figures, figures
from services.catalog.network.graphml import graphml
from services.catalog.network.store import Jurisdictions
from shared.database import connection
from shared.text import EntityId, Line

router = APIRouter(prefix="/v1/network", tags=["network"])

Several = Annotated[
    tuple[EntityId, ...], Query(max_length=100, description="Repeated: several; left out: all there are")
]


class Scope:
    """Dependency: which part of the network is asked for."""

    def __init__(
        self,
        jurisdiction_id: Several = (),
        service_id: Annotated[EntityId | None, Query(description="What stands behind one service")] = None,
        focal_area: Annotated[Line | None, Query(description="What stands behind the services of a focal area")] = None,
    ) -> None:
        self.jurisdictions: Jurisdictions = tuple(sorted(set(jurisdiction_id)))
        self.service_id = service_id
        self.focal_area = focal_area

    async def check(self, database: asyncpg.Connection) -> None:
        """A problem (404) where a jurisdiction is not there, or the service not in it; a service tells its own."""
        if (unknown := await store.unknown(database, self.jurisdictions)) is not None:
            raise not_found(JURISDICTION, unknown)
        if self.service_id is not None:
            home = await store.home(database, self.service_id)
            if home is None or (self.jurisdictions and home not in self.jurisdictions):
                raise not_found(SERVICE, self.service_id)
            self.jurisdictions = (home,)

    def of(self, network: Network) -> Network:
        """The part of a network."""
        if self.service_id is None and self.focal_area is None:
            return network
        return network.around(network.services(self.service_id, self.focal_area))


Scoped = Annotated[Scope, Depends()]


def _cache(request: Request) -> FiguresCache:
    cache: FiguresCache = request.app.state.figures
    return cache


Cache = Annotated[FiguresCache, Depends(_cache)]


@router.get("", summary="Actors, what they stand behind, and the ties between", response_class=Response)
async def get_network(
    engine: Engine,
    scope: Scoped,
    cache: Cache,
    format: Literal["json", "graphml"] = "json",
    if_none_match: IfNoneMatch = "",
) -> Response:
    """JSON: `{"nodes": [...], "ties": [...], "version"}`. A partnership is a node to which its partners are tied."""
    version = await _version(engine, scope)
    if _tag(version) in if_none_match:
        return _unchanged(version)
    network = await _network(engine, scope, cache, version)
    write, media_type = WRITERS[format]
    return Response(await asyncio.to_thread(write, network), 200, {"ETag": _tag(network.version)}, media_type)


@router.get("/figures", summary="What the network's form tells", response_model=Figures)
async def get_figures(
    engine: Engine,
    scope: Scoped,
    cache: Cache,
    limit: Annotated[int, Query(ge=1, le=100_000, description="Most items of each list")] = 20,
    if_none_match: IfNoneMatch = "",
) -> Response:
    """Density, central actors, brokers, isolated actors, balance of the helixes, dependence on single partners."""
    version = await _version(engine, scope)
    if _tag(version) in if_none_match:
        return _unchanged(version)

    async def compute() -> Figures:
        return await asyncio.to_thread(figures, await _network(engine, scope, cache, version))

    key = (scope.jurisdictions, scope.service_id, scope.focal_area, version)
    found = (await cache.figures.get(key, compute)).shortened(limit)
    return json_response(found.model_dump(mode="json"), headers={"ETag": _tag(found.version)})


async def _version(engine: AsyncEngine, scope: Scope) -> str:
    async with connection(engine) as database:
        await scope.check(database)
        return await store.version(database, scope.jurisdictions)


async def _network(engine: AsyncEngine, scope: Scope, cache: FiguresCache, version: str) -> Network:
    """The part asked for, of this version or of a newer one."""

    async def read() -> Network:
        async with connection(engine) as database:
            rows = await store.rows(database, scope.jurisdictions)
        return await asyncio.to_thread(store.network, rows)

    return await asyncio.to_thread(scope.of, await cache.networks.get((scope.jurisdictions, version), read))


def _json(network: Network) -> bytes:
    return msgspec.json.encode(
        {
            "nodes": [node._asdict() for node in network.nodes.values()],
            "ties": [tie._asdict() for tie in network.ties],
            "version": network.version,
        }
    )


WRITERS = {"json": (_json, "application/json"), "graphml": (graphml, "application/graphml+xml")}


def _tag(version: str) -> str:
    return f'"{version}"'


def _unchanged(version: str) -> Response:
    return Response(status_code=304, headers={"ETag": _tag(version)})
