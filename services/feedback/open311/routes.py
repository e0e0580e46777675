"""`/open311/v2`: discovery, services, definitions, requests and tokens."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, NamedTuple
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
from fastapi import APIRouter, Depends, Request, Response
from msgspec import json
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from services.feedback import givers
from services.feedback.directory import store as directory
from services.feedback.directory.areas import OutsideJurisdiction
from services.feedback.directory.domain import ANSWER, RESOLUTION, Service
from services.feedback.fetching import store as fetching
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done, once
from services.feedback.media import receiving
from services.feedback.media import store as media
from services.feedback.media.domain import REQUEST, Picture, TooLong
from services.feedback.media.routes import uploader
from services.feedback.media.schemas import address
from services.feedback.open311 import intake, keys, offers, queries, store, taking, updates, views
from services.feedback.open311.errors import ERRORS, Open311Error, Open311Route
from services.feedback.open311.formats import Format, respond
from services.feedback.parts import Parts, base, parts
from services.feedback.requests import domain
from services.feedback.writes import Write
from shared.database import connection
from shared.ids import uuid7

router = APIRouter(prefix="/open311", tags=["open311"], route_class=Open311Route, responses={"4XX": ERRORS})

CHANNEL = "open311"
CHANGESET = "2026-11-25T00:00:00Z"
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"


class Place(NamedTuple):
    """The jurisdiction that a client speaks of, with the services of its copy."""

    id: str
    name: str
    zone: ZoneInfo
    services: dict[str, Service]


class Sent(dict[str, list[str]]):
    """Fields, and the files that came with them."""

    files: Sequence["SpooledTemporaryFile[bytes]"] = ()


async def _fields(request: Request) -> AsyncIterator[Sent]:
    """What the client says: the query's fields and, of a POST, those of its form or JSON body."""
    fields = Sent(intake.grouped(request.query_params.multi_items()))
    if request.method == "POST":
        kind = request.headers.get("content-type", "").lower()
        if kind.startswith("multipart/form-data"):
            async with _form(request) as form:
                fields.update(intake.grouped(form.multi_items()))
                fields.files = receiving.files(form)
                yield fields
            return
        fields.update(_of_json(await request.body()) if kind.startswith("application/json") else await _plain(request))
    yield fields


@asynccontextmanager
async def _form(request: Request) -> AsyncIterator[FormData]:
    """Raises Open311Error (400, 413)."""
    media = parts(request).media
    try:
        async with receiving.form(request, media.most_bytes, media.seconds) as form:
            yield form
    except (MultiPartException, TooLong, UnicodeDecodeError) as error:
        status = 413 if isinstance(error, TooLong) else 400
        raise Open311Error(status, f"the form cannot be read: {getattr(error, 'message', error)}") from error


async def _plain(request: Request) -> dict[str, list[str]]:
    try:
        async with request.form(max_fields=receiving.MOST_FIELDS) as form:
            return intake.grouped(form.multi_items())
    except (HTTPException, UnicodeDecodeError) as error:
        raise Open311Error(400, f"the form cannot be read: {getattr(error, 'detail', error)}") from error


Fields = Annotated[Sent, Depends(_fields)]


def _of_json(body: bytes) -> dict[str, list[str]]:
    try:
        document = json.decode(body)
    except (ValueError, RecursionError) as error:
        raise Open311Error(400, "the body is no JSON") from error
    if not isinstance(document, dict):
        raise Open311Error(400, "the body is no JSON object")
    flat = {**document, **{f"attribute[{code}]": value for code, value in _members(document, "attributes").items()}}
    return {name: [*map(str, value)] if isinstance(value, list) else [str(value)]
            for name, value in flat.items() if isinstance(value, str | int | float | list)}  # fmt: skip


def _members(document: dict[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name) or document.get("attribute")
    return value if isinstance(value, dict) else {}


async def _place(here: Parts, fields: dict[str, list[str]], database: asyncpg.Connection) -> Place:
    """Raises Open311Error: 400 where it is not said which of several, 404 where there is none such."""
    wanted = intake.first(fields, "jurisdiction_id")
    known = await directory.jurisdictions(database)
    if not wanted and len(known) != 1:
        raise Open311Error(400, f"jurisdiction_id was not provided; it is one of {', '.join(known)}")
    if wanted and wanted not in known:
        raise Open311Error(404, f"jurisdiction_id {wanted[:100]!r} was not found")
    found = await directory.jurisdiction(database, wanted or known[0])
    assert found is not None  # its id has just been read, and none is ever taken away
    services = {service.id: service for service in await directory.services_of(database, found.id)}
    return Place(found.id, found.name, ZoneInfo(found.time_zone), services)


async def _key(request: Request, fields: Fields) -> None:
    await keys.caller(request, fields)


def _offered(place: Place, code: str) -> Service:
    """A service in use, by its code, or by its name where a client sends that."""
    service = place.services.get(code)
    if service is None:
        named = [each for each in place.services.values() if each.name.casefold() == code.casefold()]
        service = named[0] if len(named) == 1 else None
    if service is None or not offers.in_use(service):
        raise Open311Error(404, f"service_code {code[:100]!r} was not found")
    return service


@router.get("/discovery.{format}", summary="Where and how Open311 is served", response_class=Response)
@router.get("/v2/discovery.{format}", include_in_schema=False, response_class=Response)
async def discovery(request: Request, format: Format) -> Response:
    here = base(request)
    endpoint = {
        "specification": SPECIFICATION, "url": f"{here}/open311/v2", "changeset": CHANGESET, "type": "production",
        "formats": ["text/xml", "application/json"],
    }  # fmt: skip
    document = {
        "changeset": CHANGESET,
        "contact": f"{here}/docs",
        "key_service": "Reports need no key; staff get theirs from whoever runs this.",
        "endpoints": [endpoint],
    }
    return respond("discovery", document, format)


@router.get("/v2/services.{format}", summary="Services that can be reported on", response_class=Response)
async def services(request: Request, fields: Fields, format: Format) -> Response:
    async with connection(parts(request).engine) as database:
        place = await _place(parts(request), fields, database)
    language = intake.first(fields, "lang", "locale") or None
    told = [offers.entry(each, language) for each in place.services.values() if offers.in_use(each)]
    return respond("services", sorted(told, key=lambda each: each["service_code"]), format)


@router.get("/v2/services/{code}.{format}", summary="What a service asks", response_class=Response)
async def definition(request: Request, fields: Fields, code: str, format: Format) -> Response:
    async with connection(parts(request).engine) as database:
        place = await _place(parts(request), fields, database)
    language = intake.first(fields, "lang", "locale") or None
    return respond("service_definition", offers.definition(_offered(place, code), language), format)


@router.post(
    "/v2/requests.{format}", summary="Report", status_code=201, response_class=Response,
    dependencies=[Depends(_key)],
)  # fmt: skip
async def report(request: Request, fields: Fields, format: Format) -> Response:
    """As a form, urlencoded or multipart, or as JSON. The header `Receipt-Token` makes it one person's.

    Files of a multipart form are its pictures, whatever their fields are called.
    """
    here = parts(request)
    async with connection(here.engine) as database:
        place = await _place(here, fields, database)
    code = intake.first(fields, "service_code")
    if not code:
        raise Open311Error(400, "service_code was not provided")
    service = _offered(place, code)
    told = intake.read(fields, service)
    district = await _district(here, place, told)
    known = givers.identity(request)
    contributor = uuid4() if known is None else known.contributor
    pseudonym = here.receipts.pseudonym(contributor, place.id)
    pictures = await here.media.keep(here.engine, fields.files, uploader(here, request)) if fields.files else []
    opened = replace(_opened(service, told, district, pseudonym), media=pictures)
    await here.requests.submit(Write(opened, Answer(201, b"{}", contributor), None, ()))
    account = told.contact.get("account_id")
    document = [{"service_request_id": str(opened.id), "service_notice": None, "account_id": account}]
    response = respond("service_requests", document, format, 201)
    response.headers["Receipt-Token"] = here.receipts.token(contributor)
    return response


async def _district(here: Parts, place: Place, told: intake.Report) -> str | None:
    if told.latitude is None or told.longitude is None:
        return None
    try:
        return await here.areas.district_at(place.id, told.longitude, told.latitude)
    except OutsideJurisdiction as error:
        raise Open311Error(400, f"lat, long: {error}") from error


def _opened(service: Service, told: intake.Report, district_id: str | None, contributor: str) -> domain.Request:
    now = datetime.now(UTC)
    texts = told.texts
    particulars = domain.Particulars(
        attributes=told.attributes,
        address_id=texts.get("address_id"),
        zipcode=texts.get("zipcode"),
        media_urls=told.media_urls,
        contact=told.contact,
    )
    return domain.Request(
        id=uuid7(),
        jurisdiction_id=service.jurisdiction_id,
        service_id=service.id,
        contributor=contributor,
        opened_at=now,
        moved_at=now,
        district_id=district_id,
        channel=texts.get("channel", CHANNEL),
        campaign=texts.get("campaign"),
        due_at=domain.due(now, service.target(RESOLUTION, district_id)),
        answer_due_at=domain.due(now, service.target(ANSWER, district_id)),
        description=texts.get("description"),
        address=texts.get("address_string"),
        latitude=told.latitude,
        longitude=told.longitude,
        particulars=particulars,
    )


@router.get("/v2/requests.{format}", summary="Reports, the newest first", response_class=Response)
async def requests(request: Request, fields: Fields, format: Format) -> Response:
    """The last 90 days, or 90 days from `start_date` or up to `end_date`; at most 1,000. See docs/open311.md."""
    async with connection(parts(request).engine) as database:
        place = await _place(parts(request), fields, database)
        query = {name: values[0] for name, values in fields.items()}
        wanted = queries.read(query, place.zone, datetime.now(UTC))
        extended = query.get("extensions", "").lower() == "true"
        return await _told(request, database, place, wanted, format, extended=extended)


@router.get("/v2/requests/{id}.{format}", summary="One report", response_class=Response)
async def one_request(request: Request, fields: Fields, id: str, format: Format) -> Response:
    async with connection(parts(request).engine) as database:
        place = await _place(parts(request), fields, database)
        query = {"service_request_id": _existing_id(id), "extensions": intake.first(fields, "extensions")}
        wanted = queries.read(query, place.zone, datetime.now(UTC))
        extended = query["extensions"].lower() == "true"
        return await _told(request, database, place, wanted, format, extended=extended, missing=id)


@router.get("/v2/tokens/{token}.{format}", summary="The report of a token", response_class=Response)
async def token(request: Request, token: str, format: Format) -> Response:
    """Reports have their ids at once here, so a token is an id."""
    document = [{"token": token, "service_request_id": _existing_id(token)}]
    return respond("service_requests", document, format)


def _existing_id(text: str) -> str:
    found = queries.request_id(text)
    if found is None:
        raise Open311Error(404, f"service_request_id {text[:100]!r} was not found")
    return str(found)


async def _told(
    request: Request,
    database: asyncpg.Connection,
    place: Place,
    wanted: queries.Wanted,
    format: str,
    *,
    extended: bool,
    missing: str | None = None,
) -> Response:
    rows = await store.requests(database, place.id, wanted)
    if missing is not None and not rows:
        raise Open311Error(404, f"service_request_id {missing[:100]!r} was not found")
    organisations = await directory.organisation_names(database, place.id)
    ids = [row["id"] for row in rows]
    notes = await store.notes(database, ids) if extended else {}
    pictures = await media.of(database, REQUEST, ids)
    elsewhere = await fetching.shown(database, ids) if parts(request).shows_addresses else {}
    documents = [
        views.told(
            row,
            place.services,
            organisations,
            [*_addresses(request, pictures.get(row["id"], ())), *elsewhere.get(row["id"], ())],
            notes.get(row["id"], []) if extended else None,
        )
        for row in rows
    ]
    return respond("service_requests", documents, format)


def _addresses(request: Request, pictures: Iterable[Picture]) -> list[str]:
    return [base(request) + address(picture.id) for picture in pictures]


@router.get("/v2/servicerequestupdates.{format}", summary="What happened to reports (FixMyStreet)",
            response_class=Response)  # fmt: skip
async def list_updates(request: Request, fields: Fields, format: Format) -> Response:
    """Answers, public notes and changes of state between `start_date` and `end_date`, the oldest first.

    At most 1,000 to a `page`.
    """
    async with connection(parts(request).engine) as database:
        place = await _place(parts(request), fields, database)
        query = {name: values[0] for name, values in fields.items()}
        wanted = queries.read(query, place.zone, datetime.now(UTC))
        offset = (wanted.page - 1) * wanted.page_size
        rows = await store.updates(
            database, place.id, wanted.start, wanted.end, wanted.page_size, offset,
            addresses=parts(request).shows_addresses,
        )  # fmt: skip
        pictures: dict[UUID, list[Picture]] = {}
        for kind in updates.WITH_PICTURES:
            pictures |= await media.of(database, kind, [row["id"] for row in rows if row["kind"] == kind])
    documents = [
        updates.told(row, [*_addresses(request, pictures.get(row["id"], ())), *(row["media_urls"] or ())])
        for row in rows
    ]
    return respond("service_request_updates", documents, format)


@router.post("/v2/servicerequestupdates.{format}", summary="Update a report (FixMyStreet)",
             response_class=Response)  # fmt: skip
async def post_update(request: Request, fields: Fields, format: Format) -> Response:
    """With a key of staff. `update_id` is the client's own: sent again, it changes nothing.

    The answer has the id by which the update is told, where it is told. Files of a multipart form are pictures of the
    note or the answer that the update makes, whatever their fields are called.
    """
    here, client = parts(request), await keys.staff(request, fields)
    now = datetime.now(UTC)
    update, jurisdiction = updates.read(fields, now), intake.first(fields, "jurisdiction_id")
    if fields.files:
        update = update._replace(media=await here.media.keep(here.engine, fields.files, None))

    async def act(database: asyncpg.Connection) -> Done:
        return await taking.take(database, update, jurisdiction, client, here.receipts, now)

    answer = await once(here.engine, None, act)
    return respond("service_request_updates", json.decode(answer.body), format)
