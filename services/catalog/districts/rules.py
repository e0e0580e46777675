"""Districts lie within their cities, whichever of the two is changed."""

from collections.abc import Sequence

from services.catalog.districts.domain import District
from services.catalog.entities.domain import Entity, Refusal
from services.catalog.entities.geometry import TOLERATED_OUTSIDE, Area, part_outside
from services.catalog.entities.kinds import Surroundings
from services.catalog.jurisdictions.domain import Jurisdiction


async def within_their_cities(
    others: Surroundings, districts: Sequence[Entity[District]]
) -> Sequence[Entity[District]]:
    """Refuses a district that its city does not cover. Where either has no area, there is nothing to compare."""
    await others.alone(f"area.{district.fields.jurisdiction_id}" for district in districts if district.fields.geometry)
    cities = await others.get({district.fields.jurisdiction_id for district in districts if district.fields.geometry})
    for district in districts:
        city = cities.get(district.fields.jurisdiction_id)
        if city is not None and city.fields.geometry and district.fields.geometry:
            _check(district, city.fields.geometry)
    return districts


async def city_covers_districts(
    others: Surroundings, cities: Sequence[Entity[Jurisdiction]]
) -> Sequence[Entity[Jurisdiction]]:
    """Refuses a city's area that leaves out one of its districts."""
    areas = {city.id: city.fields.geometry for city in cities if city.fields.geometry}
    await others.alone(f"area.{city}" for city in areas)
    for district in await others.naming("district", "jurisdiction_id", areas) if areas else ():
        if district.fields.geometry and (area := areas[district.fields.jurisdiction_id]):
            _check(district, area)
    return cities


def _check(district: Entity[District], city: Area) -> None:
    assert district.fields.geometry is not None  # who calls has looked
    outside = part_outside(district.fields.geometry, city)
    if outside > TOLERATED_OUTSIDE:
        raise Refusal(
            "outside-jurisdiction",
            "The district is outside its city",
            f"{outside:.1%} of {district.id!r} lies outside {district.fields.jurisdiction_id!r}; "
            f"at most {TOLERATED_OUTSIDE:.0%} may",
            district.id,
        )
