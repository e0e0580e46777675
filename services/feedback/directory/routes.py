"""`/v1/services`: the read copy. The catalogue is where services are made and changed."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from services.feedback.directory import store
from services.feedback.directory.schemas import ServiceView
from services.feedback.parts import parts
from shared.contracts.base import ID_PATTERN
from shared.database import connection
from shared.problems import Problem

router = APIRouter(tags=["services"])


@router.get("/v1/services/{service_id}", summary="A service, as input is taken for it")
async def get_service(request: Request, service_id: Annotated[str, Path(pattern=ID_PATTERN)]) -> ServiceView:
    """A service that the catalogue has just made is here a moment later."""
    async with connection(parts(request).engine) as database:
        service = await store.service(database, service_id)
    if service is None:
        raise Problem(404, "unknown-service", "There is no such service here", f"{service_id}")
    return ServiceView.model_validate(service)
