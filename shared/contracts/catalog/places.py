"""Jurisdictions, regions that group them, and districts within them."""

from typing import Any

from shared.contracts.base import Contract
from shared.contracts.catalog.common import EntityId, LocalState, State


class Area(Contract, frozen=True, kw_only=True):
    """A GeoJSON Polygon or MultiPolygon in longitude and latitude (WGS 84)."""

    type: str
    coordinates: list[Any]


class ColourPair(Contract, frozen=True, kw_only=True):
    """A text's colour and the one that it stands on."""

    text: str
    background: str


class Brand(Contract, frozen=True, kw_only=True):
    """How the city shows itself: on badges, pages and reports."""

    claim: dict[str, str] = {}
    primary: ColourPair | None = None
    accent: ColourPair | None = None
    logo: str | None = None
    logo_text: dict[str, str] = {}


class JurisdictionChanged(State, frozen=True, kw_only=True):
    """A city, as it describes itself. The first of its languages is that of texts which do not say."""

    time_zone: str
    population: int | None = None
    populations: dict[str, int] = {}
    population_source: str | None = None
    geometry: Area | None = None
    languages: tuple[str, ...] = ("en",)
    currency: str | None = None
    country: str | None = None
    homepage: str | None = None
    brand: Brand | None = None


class RegionChanged(State, frozen=True, kw_only=True):
    """Cities grouped for comparison; a region can lie within another."""

    jurisdiction_ids: tuple[EntityId, ...] = ()
    parent_id: EntityId | None = None


class DistrictChanged(LocalState, frozen=True, kw_only=True):
    """A part of a city, as the city describes it. Its area lies within the city's."""

    population: int | None = None
    populations: dict[str, int] = {}
    population_source: str | None = None
    geometry: Area | None = None
