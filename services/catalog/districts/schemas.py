"""What callers say of a district."""

from services.catalog.entities.schemas import Inhabitants, LocalInput


class DistrictInput(LocalInput):
    """A part of a jurisdiction, as a caller describes it."""

    population: Inhabitants | None = None
