"""`/v1/import/cpsv-ap` and `/v1/export/...`: services in the formats that others' systems read."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, Header, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.entities.queries import json_response
from services.catalog.entities.routes import Engine, Kinds, Writer, existing
from services.catalog.exchange import fiware, schema_org, store
from services.catalog.exchange.apply import Plan
from services.catalog.exchange.bodies import file_of, gives_file, takes_file
from services.catalog.exchange.cpsv_ap.read import read
from services.catalog.exchange.cpsv_ap.write import FORMATS, Document, GraphWriter, serialise
from services.catalog.exchange.routes import How, reading_of, take
from services.catalog.kinds import JURISDICTION, ORGANISATION, SERVICE
from shared.database import connection
from shared.problems import Problem
from shared.text import EntityId

router = APIRouter(tags=["exchange"])

JSON_LD = "application/ld+json"
Format = Annotated[Literal["turtle", "json-ld"] | None, Query(description="By `Accept` where it is left out")]
Accept = Annotated[str, Header(include_in_schema=False)]


class Offers(NamedTuple):
    """Services, the organisations responsible for them, and their cities, by id."""

    services: Mapping[str, Document]
    organisations: Mapping[str, Document]
    cities: Mapping[str, Document]


@router.post(
    "/v1/import/cpsv-ap",
    summary="Take services and organisations from CPSV-AP, in Turtle or JSON-LD",
    openapi_extra=takes_file(*FORMATS.values()),
)
async def import_cpsv_ap(
    request: Request,
    engine: Engine,
    kinds: Kinds,
    writer: Writer,
    how: How,
    jurisdiction_id: EntityId,
    content_type: Annotated[str, Header(include_in_schema=False)] = "",
) -> Plan:
    """By `Content-Type`. What this model does not hold is kept as it came, and given out again.

    Contexts of JSON-LD have to stand in the file; the standard's own is known. Nothing is fetched.
    """
    format = next((name for name, type in FORMATS.items() if content_type.startswith(type)), None)
    if format is None:
        raise Problem(
            415, "unknown-format", "This is taken as Turtle or JSON-LD", f"not as {content_type or 'nothing'}"
        )
    async with connection(engine) as database:
        city = JURISDICTION.load((await existing(database, JURISDICTION, jurisdiction_id)).body)
    data = await file_of(request)
    reading = await reading_of(lambda: read(data, format, jurisdiction_id, city.fields.languages[0]))
    return await take(engine, kinds, writer, reading, how, merge=True)


@router.get(
    "/v1/export/cpsv-ap",
    summary="Services as CPSV-AP 3.2.0",
    response_class=Response,
    responses=gives_file(*FORMATS.values()),
)
async def export_cpsv_ap(
    engine: Engine, jurisdiction_id: EntityId | None = None, format: Format = None, accept: Accept = ""
) -> Response:
    """With the organisations responsible for them. JSON-LD has its terms in itself: there is nothing to fetch."""
    offers = await _offers(engine, jurisdiction_id)
    chosen = format or ("json-ld" if JSON_LD in accept else "turtle")
    text = await asyncio.to_thread(lambda: serialise(GraphWriter(*offers).write(), chosen))
    return Response(text, media_type=FORMATS[chosen], headers={"Vary": "Accept"})


@router.get(
    "/v1/export/schema-org",
    summary="Services as schema.org GovernmentService",
    response_class=Response,
    responses=gives_file(JSON_LD),
)
async def export_schema_org(engine: Engine, jurisdiction_id: EntityId | None = None) -> Response:
    """A JSON-LD graph of all of them."""
    return await _each(engine, jurisdiction_id, _government_service)


@router.get(
    "/v1/services/{id}/schema-org",
    summary="A service as schema.org GovernmentService",
    tags=["services"],
    response_class=Response,
    responses=gives_file(JSON_LD),
)
async def schema_org_of_service(engine: Engine, id: EntityId) -> Response:
    """For the page of a service."""
    async with connection(engine) as database:
        service = SERVICE.load((await existing(database, SERVICE, id)).body)
    offers = await _offers(engine, service.fields.jurisdiction_id)
    return _json_ld(_government_service(offers.services[id], offers))


@router.get(
    "/v1/export/fiware",
    summary="Services as FIWARE Open311ServiceType (NGSI-LD)",
    response_class=Response,
    responses=gives_file(JSON_LD),
)
async def export_fiware(engine: Engine, jurisdiction_id: EntityId | None = None) -> Response:
    """Entities that a context broker takes as a batch."""
    return await _each(engine, jurisdiction_id, lambda service, _: fiware.service_type(service))


async def _each(
    engine: AsyncEngine, jurisdiction_id: str | None, told: Callable[[Document, Offers], dict[str, Any]]
) -> Response:
    offers = await _offers(engine, jurisdiction_id)
    return _json_ld([told(service, offers) for service in offers.services.values()])


def _government_service(service: Document, offers: Offers) -> dict[str, Any]:
    organisation = offers.organisations.get(service["organisation_id"] or "")
    return schema_org.government_service(service, organisation, offers.cities[service["jurisdiction_id"]])


def _json_ld(document: Any) -> Response:
    response = json_response(document)
    response.headers["Content-Type"] = JSON_LD
    return response


async def _offers(engine: AsyncEngine, jurisdiction_id: str | None) -> Offers:
    """Raises a problem (404) where there is no such jurisdiction."""
    async with connection(engine) as database:
        if jurisdiction_id is not None:
            await existing(database, JURISDICTION, jurisdiction_id)
        services, organisations, cities = [
            {document["id"]: document for _, document in await store.documents(database, [kind], jurisdiction_id)}
            for kind in (SERVICE, ORGANISATION, JURISDICTION)
        ]
    responsible = {service["organisation_id"] for service in services.values()}
    return Offers(services, {id: organisations[id] for id in organisations if id in responsible}, cities)
