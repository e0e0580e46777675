"""`/v1/services/{id}/enablers` and `/v1/organisations/{id}/enablers`: capacity and collaboration on a day."""

from fastapi import APIRouter, Request

from services.metrics.enablers.answers import enablers
from services.metrics.enablers.schemas import EnablersOfOut
from services.metrics.scores.asking import AsOf
from services.metrics.scores.store import reading
from services.metrics.subjects.store import find_organisation, find_service
from shared.problems import Problem
from shared.text import EntityId

router = APIRouter(prefix="/v1", tags=["enablers"])


@router.get("/services/{id}/enablers", summary="With what, and with whom, a service works")
async def of_service(request: Request, id: EntityId, as_of: AsOf) -> EnablersOfOut:
    """Capacity is by the last report on the service, else by that on all that its organisation does."""
    async with reading(request.app.state.engine) as database:
        subject = await find_service(database, id)
        if subject is None:
            detail = "Neither the catalogue nor any event names this service"
            raise Problem(404, "unknown-service", "There is no such service here", detail)
        return EnablersOfOut(id=id, as_of=as_of, **(await enablers(database, subject, as_of)).model_dump())


@router.get("/organisations/{id}/enablers", summary="With what, and with whom, an organisation works")
async def of_organisation(request: Request, id: EntityId, as_of: AsOf) -> EnablersOfOut:
    """Capacity is by the last report on all that it does; collaboration is that of its services and its own."""
    async with reading(request.app.state.engine) as database:
        subject = await find_organisation(database, id)
        if subject is None:
            detail = "The catalogue names no such organisation"
            raise Problem(404, "unknown-organisation", "There is no such organisation here", detail)
        return EnablersOfOut(id=id, as_of=as_of, **(await enablers(database, subject, as_of)).model_dump())
