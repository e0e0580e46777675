"""Areas on the map, as GeoJSON (RFC 7946): checked when they come in, so that points can be placed in them."""

from typing import Annotated, Any, Literal

import shapely
from pydantic import AfterValidator, Field
from shapely import Geometry as Shape
from shapely.errors import GEOSException
from shapely.geometry import shape

from services.catalog.entities.values import Value

MOST_POSITIONS = 15_000
"""Of one area: its event has to stay well below Kafka's megabyte."""

TOLERATED_OUTSIDE = 0.01
"""Part of a district that may lie outside its city: borders are drawn by different people, at different scales."""

Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Position = tuple[Longitude, Latitude]


def _closed(ring: tuple[Position, ...]) -> tuple[Position, ...]:
    if ring[0] != ring[-1]:
        raise ValueError("does not end where it begins")
    return ring


Ring = Annotated[tuple[Position, ...], Field(min_length=4), AfterValidator(_closed)]
Rings = Annotated[tuple[Ring, ...], Field(min_length=1)]


class Polygon(Value):
    """A GeoJSON Polygon in longitude and latitude (WGS 84)."""

    type: Literal["Polygon"]
    coordinates: Rings


class MultiPolygon(Value):
    """A GeoJSON MultiPolygon in longitude and latitude (WGS 84)."""

    type: Literal["MultiPolygon"]
    coordinates: Annotated[tuple[Rings, ...], Field(min_length=1)]


Area = Polygon | MultiPolygon


def _sound(area: Area) -> Area:
    shape = shape_of(area)
    count = shapely.get_num_coordinates(shape)
    if count > MOST_POSITIONS:
        raise ValueError(f"has {count} positions; at most {MOST_POSITIONS} are taken: simplify it")
    if not shapely.is_valid(shape):
        raise ValueError(f"is no area: {shapely.is_valid_reason(shape)}")
    return area


def shape_of(area: Area) -> Shape:
    """The area as a shape. Raises ValueError where its rings are none."""
    try:
        made: Any = shape({"type": area.type, "coordinates": area.coordinates})
    except (GEOSException, TypeError, ValueError, IndexError) as error:
        raise ValueError(f"is no {area.type} of GeoJSON: {error}") from error
    return made  # type: ignore[no-any-return]


def part_outside(area: Area, whole: Area) -> float:
    """Which part of an area, 0 to 1, lies outside another one."""
    inner, outer = shape_of(area), shape_of(whole)
    return float(shapely.area(shapely.difference(inner, outer)) / shapely.area(inner))


SoundArea = Annotated[Area, Field(discriminator="type"), AfterValidator(_sound)]
