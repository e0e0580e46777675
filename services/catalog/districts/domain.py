"""A district: a part of its jurisdiction."""

from services.catalog.entities.domain import LocalFields
from services.catalog.jurisdictions.domain import Populated


class District(Populated, LocalFields):
    """A part of a city, as the city describes it. Its area lies within the city's."""
