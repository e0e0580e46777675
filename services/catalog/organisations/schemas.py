"""What callers say of an organisation."""

from services.catalog.entities.schemas import LocalInput
from services.catalog.organisations.domain import Helix


class OrganisationInput(LocalInput):
    """An organisation, as a caller describes it."""

    helix: Helix | None = None
