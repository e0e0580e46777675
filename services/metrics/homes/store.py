"""Reading how a city shows itself."""

import asyncpg
import msgspec

from services.metrics.homes.home import PLAIN, Home, legible
from shared.contracts.catalog.places import Brand
from shared.text import clean_line

JURISDICTION = "SELECT name, languages, brand FROM jurisdiction WHERE id = $1"


async def home_of(database: asyncpg.Connection, jurisdiction_id: str) -> Home:
    """A city as the catalogue describes it; by its id alone where the catalogue does not know it."""
    row = await database.fetchrow(JURISDICTION, jurisdiction_id)
    if row is None:
        return Home(jurisdiction_id, jurisdiction_id, (), PLAIN, {})
    brand = Brand() if row["brand"] is None else msgspec.convert(row["brand"], Brand)
    languages = tuple(row["languages"])
    return Home(jurisdiction_id, clean_line(row["name"]), languages, legible(brand.primary), brand.claim)
