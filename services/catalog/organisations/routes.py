"""`/v1/organisations`."""

from services.catalog.entities.kinds import Kind
from services.catalog.entities.routes import entity_routes
from services.catalog.organisations.domain import Organisation
from services.catalog.organisations.schemas import OrganisationInput
from services.catalog.organisations.store import organisation

router = entity_routes(Kind("organisation", Organisation, OrganisationInput, organisation))
