"""`/v1/districts`."""

from services.catalog.districts.domain import District
from services.catalog.districts.schemas import DistrictInput
from services.catalog.districts.store import district
from services.catalog.entities.kinds import Kind
from services.catalog.entities.routes import entity_routes

router = entity_routes(Kind("district", District, DistrictInput, district))
