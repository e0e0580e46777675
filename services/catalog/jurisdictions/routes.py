"""`/v1/jurisdictions`."""

from services.catalog.entities.kinds import Kind
from services.catalog.entities.routes import entity_routes
from services.catalog.jurisdictions.domain import Jurisdiction
from services.catalog.jurisdictions.schemas import JurisdictionInput
from services.catalog.jurisdictions.store import jurisdiction

router = entity_routes(Kind("jurisdiction", Jurisdiction, JurisdictionInput, jurisdiction))
