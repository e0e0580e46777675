"""`/v1/services`."""

from services.catalog.entities.kinds import Kind
from services.catalog.entities.routes import entity_routes
from services.catalog.services.domain import Service
from services.catalog.services.schemas import ServiceInput
from services.catalog.services.store import service

router = entity_routes(Kind("service", Service, ServiceInput, service))
