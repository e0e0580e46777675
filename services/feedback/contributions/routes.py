"""`/v1/contributions` and `/v1/me/contributions`."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from services.feedback import givers
from services.feedback.bodies import NoBody, json_body, takes
from services.feedback.contributions import domain, handlers, store
from services.feedback.contributions.domain import Contribution, Evidence, NoSuchContribution
from services.feedback.contributions.schemas import (
    ContributionReceipt,
    ContributionView,
    FormName,
    MadeInput,
    PledgeInput,
    RefusalInput,
    State,
    Total,
    Totals,
    VerificationInput,
)
from services.feedback.contributions.store import Filter, Found
from services.feedback.contributions.views import view
from services.feedback.directory.domain import Service
from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Act, Done, once
from services.feedback.me.handlers import pseudonyms
from services.feedback.media.routes import named
from services.feedback.money import DIGITS
from services.feedback.parts import Parts, parts
from services.feedback.screening import masked
from services.feedback.staff import Staff, staff_or_none
from shared.auth import Caller
from shared.database import connection
from shared.ids import uuid7
from shared.paging import Cursor, Limit, Page, decode_id, encode_cursor
from shared.problems import Problem
from shared.text import EntityId

router = APIRouter(tags=["contributions"])

StaffOrNone = Annotated[Caller | None, Depends(staff_or_none)]


@router.post(
    "/v1/contributions",
    summary="Pledge a contribution",
    status_code=201,
    response_class=Response,
    responses={201: {"model": ContributionReceipt}},
    openapi_extra=takes(PledgeInput),
)
async def post_contribution(request: Request) -> Response:
    """Hours, data, skills, goods or money for a service. Money is recorded only: nothing is paid by this.

    Without a receipt token each one has a new contributor; the answer holds the token, with which it is made later.
    """
    here = parts(request)
    given = await json_body(request, PledgeInput)
    giver = await givers.giver(request)
    service = await here.directory.taking_input(given.service_id, given.district_id)
    contributor = here.receipts.pseudonym(giver.contributor, service.jurisdiction_id)
    pledged = _pledged(given, service, contributor, givers.given_at(request))
    pictures = await named(request, given.media)
    claim = givers.claim(request, giver.scope, given)

    def told(found: Found) -> Answer:
        return Answer(201, _body(found), giver.contributor)

    async def act(database: asyncpg.Connection) -> Done:
        late = givers.comes_late(request)
        return await handlers.pledge(database, pledged, pictures, _now, told, late=late)

    return givers.response(await once(here.engine, claim, act), here.receipts)


def _pledged(given: PledgeInput, service: Service, contributor: str, given_at: datetime) -> Contribution:
    data = given.data_set
    return Contribution(
        id=uuid7(),
        jurisdiction_id=service.jurisdiction_id,
        contributor=contributor,
        given_at=given_at,
        due_at=domain.due(given.due_at, given_at),
        description_masked=masked(given.description),
        data_title=None if data is None else data.title,
        data_title_masked=None if data is None else masked(data.title),
        data_licence=None if data is None else data.licence,
        data_address=None if data is None else data.address,
        **{name: value for name, value in given if name not in ("due_at", "data_set", "media")},
    )


@router.get("/v1/contributions", summary="Contributions, the newest first")
async def get_contributions(
    request: Request,
    staff: StaffOrNone,
    service_id: EntityId | None = None,
    jurisdiction_id: EntityId | None = None,
    call_id: UUID | None = None,
    proposal_id: UUID | None = None,
    form: Annotated[FormName | None, Query()] = None,
    state: Annotated[State | None, Query()] = None,
    overdue: Annotated[bool, Query(description="Only pledges whose time is over")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ContributionView]:
    """Withdrawn ones are listed only with `state=withdrawn`."""
    wanted = Filter(service_id, jurisdiction_id, call_id, proposal_id, form, state)
    overdue_at = _now() if overdue else None
    async with connection(parts(request).engine) as database:
        found = await store.newest(database, wanted, overdue_at, decode_id(cursor), limit)
    return _page(found, limit, whole=staff is not None)


@router.get("/v1/me/contributions", summary="What I contribute, the newest first")
async def get_my_contributions(request: Request, limit: Limit = 100, cursor: Cursor = None) -> Page[ContributionView]:
    """Needs a receipt token. All of them, also withdrawn ones, as they were given."""
    here = parts(request)
    contributor = givers.holder(request)
    async with connection(here.engine) as database:
        names = await pseudonyms(database, here.receipts, [contributor])
        found = await store.of_contributors(database, names, decode_id(cursor), limit)
    return _page(found, limit, whole=True)


def _page(found: list[Found], limit: int, *, whole: bool) -> Page[ContributionView]:
    following = encode_cursor(found[-1].contribution.id) if len(found) == limit else None
    return Page(items=[view(*each, whole=whole) for each in found], next=following)


@router.get("/v1/contributions/totals", summary="What was contributed, by form")
async def get_totals(
    request: Request,
    service_id: EntityId | None = None,
    call_id: UUID | None = None,
    proposal_id: UUID | None = None,
) -> Totals:
    """Of a service, a call or a proposal: how much was pledged, made and verified. One of them is needed."""
    wanted = Filter(service_id=service_id, call_id=call_id, proposal_id=proposal_id)
    if not any(wanted):
        raise Problem(422, "invalid-input", "The input is not valid", "name a service_id, call_id or proposal_id")
    async with connection(parts(request).engine) as database:
        totals = await store.totals(database, wanted, _now())
    return Totals(totals=[Total(**each._asdict(), currency_digits=DIGITS.get(each.currency or "")) for each in totals])


@router.get("/v1/contributions/{contribution_id:uuid}", summary="A contribution")
async def get_contribution(request: Request, contribution_id: UUID, staff: StaffOrNone) -> ContributionView:
    """Its giver, who shows the receipt token, and staff see its texts as they were given."""
    here = parts(request)
    known = givers.identity(request)
    async with connection(here.engine) as database:
        found = await store.find(database, contribution_id)
        if found is None:
            raise NoSuchContribution(f"{contribution_id}")
        whole = await store.whole(database, found)
    own = known is not None and here.receipts.pseudonym(known.contributor, found.jurisdiction_id) == found.contributor
    return view(*whole, whole=own or staff is not None)


@router.post(
    "/v1/contributions/{contribution_id}/made",
    summary="Say that a contribution is made",
    response_class=Response,
    responses={200: {"model": ContributionView}},
    openapi_extra=takes(MadeInput),
)
async def post_made(request: Request, contribution_id: UUID) -> Response:
    """Needs the receipt token that it was pledged with. Staff or peers then verify it."""
    here = parts(request)
    given = await json_body(request, MadeInput)
    contributor, pseudonym = _holder(request, here)
    evidence = Evidence(
        amount=given.amount, text=given.evidence, masked=masked(given.evidence), address=given.evidence_address
    )

    pictures = await named(request, given.media)

    async def act(database: asyncpg.Connection) -> Done:
        return await handlers.make(database, contribution_id, pseudonym, evidence, pictures, _now(), _told)

    return await _answered(request, str(contributor), given, act)


@router.post(
    "/v1/contributions/{contribution_id}/confirmations",
    summary="Confirm, as a peer, that a contribution was made",
    response_class=Response,
    responses={200: {"model": ContributionView}},
)
async def post_confirmation(request: Request, contribution_id: UUID) -> Response:
    """Needs a receipt token, of somebody else than its giver. Enough of these verify it; a peer confirms it once.

    Receipt tokens that are joined to an account are one peer with it.
    """
    here = parts(request)
    contributor = givers.holder(request)

    async def act(database: asyncpg.Connection) -> Done:
        return await handlers.confirm(
            database, here.receipts, contribution_id, contributor, here.peers_needed, _now(), _told_to_the_public
        )

    return await _answered(request, str(contributor), NoBody(), act)


@router.delete(
    "/v1/contributions/{contribution_id:uuid}",
    summary="Take a contribution back",
    response_class=Response,
    responses={200: {"model": ContributionView}},
)
async def delete_contribution(request: Request, contribution_id: UUID) -> Response:
    """Needs its receipt token, before it is verified. From then on it counts as if it had never been pledged."""
    here = parts(request)
    contributor, pseudonym = _holder(request, here)

    async def act(database: asyncpg.Connection) -> Done:
        return await handlers.withdraw(database, contribution_id, pseudonym, _now(), _told)

    return await _answered(request, str(contributor), NoBody(), act)


@router.post(
    "/v1/contributions/{contribution_id}/verification",
    summary="Verify a contribution, as staff",
    response_class=Response,
    responses={200: {"model": ContributionView}},
    openapi_extra=takes(VerificationInput),
)
async def post_verification(request: Request, contribution_id: UUID, staff: Staff) -> Response:
    """All of what was made, or less of it."""
    given = await json_body(request, VerificationInput)

    async def act(database: asyncpg.Connection) -> Done:
        return await handlers.verify(database, contribution_id, given.amount, _now(), _told)

    return await _answered(request, givers.scope_of(staff), given, act)


@router.post(
    "/v1/contributions/{contribution_id}/refusal",
    summary="Refuse a contribution, as staff",
    response_class=Response,
    responses={200: {"model": ContributionView}},
    openapi_extra=takes(RefusalInput),
)
async def post_refusal(request: Request, contribution_id: UUID, staff: Staff) -> Response:
    """It was not made as its giver says. This is final: whoever makes it after all pledges again."""
    given = await json_body(request, RefusalInput)

    async def act(database: asyncpg.Connection) -> Done:
        return await handlers.refuse(database, contribution_id, given.reason, _now(), _told)

    return await _answered(request, givers.scope_of(staff), given, act)


def _holder(request: Request, here: Parts) -> tuple[UUID, Callable[[str], str]]:
    """Who holds the receipt token that came along, and what they are called in a jurisdiction."""
    contributor = givers.holder(request)
    return contributor, lambda city: here.receipts.pseudonym(contributor, city)


async def _answered(request: Request, scope: str, given: BaseModel, act: Act) -> Response:
    here = parts(request)
    claim = givers.claim(request, scope, given)
    return givers.response(await once(here.engine, claim, act), here.receipts)


def _told(found: Found) -> Answer:
    return Answer(200, _body(found))


def _told_to_the_public(found: Found) -> Answer:
    return Answer(200, _body(found, whole=False))


def _body(found: Found, *, whole: bool = True) -> bytes:
    return view(*found, whole=whole).model_dump_json().encode()


def _now() -> datetime:
    return datetime.now(UTC)
