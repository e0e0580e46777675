"""In which district a point lies, by the areas that the catalogue tells of."""

import time
from typing import Any, NamedTuple

import shapely
from shapely.geometry import Point, shape
from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.directory import store
from shared.database import connection

FRESH_SECONDS = 5.0
"""Areas change seldom, and are seconds behind the catalogue in any case."""


class Known(NamedTuple):
    """A jurisdiction's area, None where it is not known, and its districts with theirs."""

    until: float
    whole: Any
    ids: list[str]
    tree: Any


class OutsideJurisdiction(ValueError):
    """The point does not lie in the jurisdiction."""


class Areas:
    """The areas of all jurisdictions that were asked for, each read again after a while."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._known: dict[str, Known] = {}

    async def district_at(self, jurisdiction_id: str, longitude: float, latitude: float) -> str | None:
        """The district that a point lies in, None where none is known there. Raises OutsideJurisdiction."""
        known = self._known.get(jurisdiction_id)
        if known is None or known.until < time.monotonic():
            known = self._known[jurisdiction_id] = await self._read(jurisdiction_id)
        point = Point(longitude, latitude)
        if known.whole is not None and not known.whole.intersects(point):
            raise OutsideJurisdiction(f"{latitude}, {longitude} is not in {jurisdiction_id}")
        found = known.tree.query(point, predicate="intersects")
        return known.ids[int(found.min())] if len(found) else None

    async def _read(self, jurisdiction_id: str) -> Known:
        async with connection(self._engine) as database:
            areas = await store.areas(database, jurisdiction_id)
        shapes = {id: shape(area) for id, area in sorted(areas.items())}
        whole = shapes.pop(jurisdiction_id, None)
        for each in (whole, *shapes.values()):
            shapely.prepare(each)
        return Known(time.monotonic() + FRESH_SECONDS, whole, list(shapes), shapely.STRtree(list(shapes.values())))
