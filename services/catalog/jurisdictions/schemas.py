"""What callers say of a jurisdiction."""

from typing import Annotated

from pydantic import AfterValidator, Field

from services.catalog.entities.schemas import EntityInput, Inhabitants
from services.catalog.jurisdictions.domain import time_zones


def _known(name: str) -> str:
    if name not in time_zones():
        raise ValueError("is no time zone of the IANA database, such as Europe/Lisbon")
    return name


class JurisdictionInput(EntityInput):
    """A city, as a caller describes it."""

    time_zone: Annotated[str, Field(max_length=100), AfterValidator(_known)]
    population: Inhabitants | None = None
