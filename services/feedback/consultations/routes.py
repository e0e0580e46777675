"""`/v1/consultations`."""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Request, Response

from services.feedback import givers
from services.feedback.bodies import NoBody, json_body, takes
from services.feedback.consultations import closing, exports, handlers, store, views
from services.feedback.consultations.domain import (
    Consultation,
    FaultyAnswers,
    NoSuchAnswer,
    NoSuchConsultation,
    ResultsNotOut,
)
from services.feedback.consultations.results import results
from services.feedback.consultations.schemas import (
    AnswerInput,
    AnswerReceipt,
    AnswerView,
    ConsultationInput,
    ConsultationView,
    CorrectionInput,
    Listed,
    OpenAnswers,
    ResultsView,
    TextView,
    VersionView,
)
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done, once
from services.feedback.me.handlers import givers_of, same_person
from services.feedback.parts import parts
from services.feedback.periods.listing import Wanted
from services.feedback.periods.store import database_now
from services.feedback.staff import Staff, must_be_staff, staff_or_none
from services.feedback.wording import Code
from shared.database import connection, transaction
from shared.ids import uuid7
from shared.paging import Cursor, Limit, Page, decode_id, encode_cursor
from shared.text import EntityId

router = APIRouter(tags=["consultations"])

CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.post(
    "/v1/consultations",
    summary="Draft a consultation",
    status_code=201,
    response_class=Response,
    responses={201: {"model": ConsultationView}},
    openapi_extra=takes(ConsultationInput),
)
async def post_consultation(request: Request, staff: Staff) -> Response:
    here = parts(request)
    given = await json_body(request, ConsultationInput)
    service = await here.directory.taking_input(given.service_id, None)
    claim = givers.claim(request, givers.scope_of(staff), given)

    async def act(database: asyncpg.Connection) -> Done:
        now = await database_now(database)
        draft = Consultation(
            id=uuid7(), jurisdiction_id=service.jurisdiction_id, author=staff.name, changed_at=now, **dict(given)
        )
        await store.save(database, draft)
        return Done(Answer(201, views.told(draft, now).model_dump_json().encode()))

    return givers.response(await once(here.engine, claim, act), here.receipts)


@router.get("/v1/consultations", summary="Consultations, the newest first")
async def get_consultations(
    request: Request,
    jurisdiction_id: EntityId | None = None,
    service_id: EntityId | None = None,
    state: Annotated[Listed | None, Query(description="Drafts are for staff alone")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Most items of a page")] = 20,
    cursor: Cursor = None,
) -> Page[ConsultationView]:
    if state == "draft":
        await must_be_staff(request)
    wanted = Wanted(jurisdiction_id, service_id, state, decode_id(cursor), limit)
    async with connection(parts(request).engine) as database:
        found = await store.newest(database, wanted)
        now = await database_now(database)
    following = encode_cursor(found[-1].id) if len(found) == limit else None
    return Page(items=[views.told(each, now) for each in found], next=following)


@router.get("/v1/consultations/{consultation_id}", summary="A consultation")
async def get_consultation(request: Request, consultation_id: UUID) -> ConsultationView:
    """A draft is for staff alone."""
    found, now = await _seen(request, consultation_id)
    return views.told(found, now)


@router.put(
    "/v1/consultations/{consultation_id}",
    summary="Rewrite a draft",
    response_class=Response,
    responses={200: {"model": ConsultationView}},
    openapi_extra=takes(ConsultationInput),
)
async def put_consultation(request: Request, consultation_id: UUID, staff: Staff) -> Response:
    here = parts(request)
    given = await json_body(request, ConsultationInput)
    service = await here.directory.taking_input(given.service_id, None)
    members = {**dict(given), "jurisdiction_id": service.jurisdiction_id, "author": staff.name}
    async with transaction(here.engine) as database:
        changed = await handlers.rewrite(database, consultation_id, members)
    view = views.told(changed, changed.changed_at)
    return Response(view.model_dump_json(), media_type="application/json")


@router.delete("/v1/consultations/{consultation_id}", summary="Throw a draft away", status_code=204)
async def delete_consultation(request: Request, consultation_id: UUID, staff: Staff) -> None:
    async with transaction(parts(request).engine) as database:
        await handlers.throw_away(database, consultation_id)


@router.post(
    "/v1/consultations/{consultation_id}/publish",
    summary="Publish a draft",
    response_class=Response,
    responses={200: {"model": ConsultationView}},
)
async def publish_consultation(request: Request, consultation_id: UUID, staff: Staff) -> Response:
    """From then on its questions stay what they are. It opens at `opens_at`, or now where that has passed."""
    here = parts(request)
    async with connection(here.engine) as database:
        draft = await handlers.find(database, consultation_id)
    await here.directory.taking_input(draft.service_id, None)
    claim = givers.claim(request, givers.scope_of(staff), NoBody())

    async def act(database: asyncpg.Connection) -> Done:
        published, events = await handlers.open_up(database, consultation_id)
        view = views.told(published, published.changed_at)
        return Done(Answer(200, view.model_dump_json().encode()), events)

    return givers.response(await once(here.engine, claim, act), here.receipts)


@router.post(
    "/v1/consultations/{consultation_id}/corrections",
    summary="Put it in other words",
    response_class=Response,
    responses={200: {"model": ConsultationView}},
    openapi_extra=takes(CorrectionInput),
)
async def post_correction(request: Request, consultation_id: UUID, staff: Staff) -> Response:
    """Only wording changes; earlier versions are kept for all to see, and each answer says which one it is to."""
    here = parts(request)
    given = await json_body(request, CorrectionInput)
    claim = givers.claim(request, givers.scope_of(staff), given)

    async def act(database: asyncpg.Connection) -> Done:
        corrected = await handlers.reword(database, consultation_id, given, staff.name)
        view = views.told(corrected, corrected.changed_at)
        return Done(Answer(200, view.model_dump_json().encode()))

    return givers.response(await once(here.engine, claim, act), here.receipts)


@router.get("/v1/consultations/{consultation_id}/versions", summary="Its wordings, the first one first")
async def get_versions(request: Request, consultation_id: UUID) -> list[VersionView]:
    await _seen(request, consultation_id)
    async with connection(parts(request).engine) as database:
        return [views.version(row) for row in await store.versions(database, consultation_id)]


@router.post(
    "/v1/consultations/{consultation_id}/answers",
    summary="Answer a consultation",
    status_code=201,
    response_class=Response,
    responses={201: {"model": AnswerReceipt}},
    openapi_extra=takes(AnswerInput),
)
async def post_answer(request: Request, consultation_id: UUID) -> Response:
    """One answer per person: with the receipt token of an earlier one, or the account that it is joined to, the
    earlier one is replaced."""
    here = parts(request)
    given = await json_body(request, AnswerInput)
    giver = await givers.giver(request)
    async with connection(here.engine) as database:
        asked = await handlers.find(database, consultation_id)
    if asked.published_at is None:
        raise NoSuchConsultation(f"{consultation_id}")
    service = await here.directory.taking_input(asked.service_id, given.district_id)
    contributor = here.receipts.pseudonym(giver.contributor, service.jurisdiction_id)
    claim = givers.claim(request, giver.scope, given)

    async def act(database: asyncpg.Connection) -> Done:
        same = await same_person(database, here.receipts, giver.contributor, service.jurisdiction_id)
        made_at = givers.made_at(request)
        taken, events = await handlers.answer(database, consultation_id, given, contributor, same, made_at)
        return Done(Answer(201, views.given(taken).model_dump_json().encode(), giver.contributor), events)

    try:
        return givers.response(await once(here.engine, claim, act), here.receipts)
    except FaultyAnswers as error:
        raise views.problem(error) from error


@router.get("/v1/consultations/{consultation_id}/answers/mine", summary="What I answered")
async def get_my_answer(request: Request, consultation_id: UUID) -> AnswerView:
    """Needs the receipt token that was given for it, or the account that this is joined to."""
    here = parts(request)
    giver = givers.shown(request)
    async with connection(here.engine) as database:
        asked = await handlers.find(database, consultation_id)
        names = [here.receipts.pseudonym(each, asked.jurisdiction_id) for each in await givers_of(database, giver)]
        found = await store.answer_of(database, consultation_id, names)
    if found is None:
        raise NoSuchAnswer(f"nothing was answered to {consultation_id} with this receipt token")
    return views.given(found)


@router.delete("/v1/consultations/{consultation_id}/answers/mine", summary="Take my answer back", status_code=204)
async def delete_my_answer(request: Request, consultation_id: UUID) -> None:
    """Until the consultation closes. It counts as if it had never been given, and is deleted."""
    here = parts(request)
    giver = givers.holder(request)

    async def act(database: asyncpg.Connection) -> Done:
        asked = await handlers.find(database, consultation_id)
        same = await same_person(database, here.receipts, giver, asked.jurisdiction_id)
        return Done(Answer(204, b""), await handlers.take_back(database, consultation_id, same))

    await once(here.engine, None, act)


@router.get("/v1/consultations/{consultation_id}/results", summary="Results")
async def get_results(request: Request, consultation_id: UUID) -> ResultsView:
    """Once it is over, or before where the city chose so; staff at any time. Of very many answers, of a moment ago."""
    found, now = await _with_results(request, consultation_id)
    state = found.state(now)

    async def count() -> ResultsView:
        async with connection(parts(request).engine) as database:
            counted = await store.counted(database, consultation_id)
        return await asyncio.to_thread(results, consultation_id, state, found.questions, counted)

    return await parts(request).standings.of((consultation_id, state, found.version), count)


@router.get("/v1/consultations/{consultation_id}/texts", summary="What citizens wrote")
async def get_texts(
    request: Request,
    consultation_id: UUID,
    question: Annotated[Code | None, Query(description="Its code")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[TextView]:
    """As the results are shown. In no order: neither that of time, nor that of the answers they are part of."""
    await _with_results(request, consultation_id)
    async with connection(parts(request).engine) as database:
        found = await store.texts(database, consultation_id, question, decode_id(cursor), limit)
    following = encode_cursor(found[-1]["id"]) if len(found) == limit else None
    return Page(items=[TextView(**row) for row in found], next=following)


@router.get(
    "/v1/consultations/{consultation_id}/answers.json",
    summary="All answers, as open data",
    response_class=Response,
    responses={200: {"model": OpenAnswers}},
)
async def get_answers_json(request: Request, consultation_id: UUID) -> Response:
    """Once it is over."""
    found = await _over(request, consultation_id)
    async with connection(parts(request).engine) as database:
        answers = await store.open_choices(database, consultation_id)
        texts = await store.open_texts(database, consultation_id)
    written = await asyncio.to_thread(exports.whole_json, found, answers, texts)
    return Response(written, media_type="application/json")


@router.get(
    "/v1/consultations/{consultation_id}/answers.csv",
    summary="All choices, as open data",
    response_class=Response,
    responses=CSV,
)
async def get_answers_csv(request: Request, consultation_id: UUID) -> Response:
    """Once it is over: a line per answer, in an order that tells nothing."""
    found = await _over(request, consultation_id)
    async with connection(parts(request).engine) as database:
        answers = await store.open_choices(database, consultation_id)
    written = await asyncio.to_thread(exports.choices_csv, found.questions, answers)
    return Response(written, media_type="text/csv")


@router.get(
    "/v1/consultations/{consultation_id}/texts.csv",
    summary="All texts, as open data",
    response_class=Response,
    responses=CSV,
)
async def get_texts_csv(request: Request, consultation_id: UUID) -> Response:
    """Once it is over: a line per text, apart from the choices."""
    await _over(request, consultation_id)
    async with connection(parts(request).engine) as database:
        texts = await store.open_texts(database, consultation_id)
    return Response(await asyncio.to_thread(exports.texts_csv, texts), media_type="text/csv")


async def _seen(request: Request, consultation_id: UUID) -> tuple[Consultation, datetime]:
    """The consultation, if whoever asks may see it, and the time. Raises NoSuchConsultation."""
    async with connection(parts(request).engine) as database:
        found = await handlers.find(database, consultation_id)
        now = await database_now(database)
    if found.published_at is None and await staff_or_none(request) is None:
        raise NoSuchConsultation(f"{consultation_id}")
    return found, now


async def _with_results(request: Request, consultation_id: UUID) -> tuple[Consultation, datetime]:
    """As above, with its answers counted where it is over. Raises ResultsNotOut as well."""
    found, now = await _seen(request, consultation_id)
    state = found.state(now)
    if state == "closed" and found.counted_at is None:
        await closing.close(parts(request).engine, consultation_id)
    if state != "closed" and not found.live_results and await staff_or_none(request) is None:
        raise ResultsNotOut(f"consultation {consultation_id} is open until {found.closes_at.isoformat()}")
    return found, now


async def _over(request: Request, consultation_id: UUID) -> Consultation:
    """As above, once it is over, whoever asks."""
    found, now = await _with_results(request, consultation_id)
    if found.state(now) != "closed":
        raise ResultsNotOut(f"consultation {consultation_id} is open until {found.closes_at.isoformat()}")
    return found
