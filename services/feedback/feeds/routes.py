"""`/v1/feeds/...`: Atom feeds by jurisdiction, service and district."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import asyncpg
from fastapi import APIRouter, Header, Request, Response

from services.feedback.calls import store as calls
from services.feedback.calls.domain import Call
from services.feedback.directory import store as directory
from services.feedback.feeds import store
from services.feedback.feeds.atom import TYPE, Item, feed
from services.feedback.parts import base, parts
from services.feedback.proposals import store as proposals
from services.feedback.proposals.domain import Proposal, moved_at
from services.feedback.proposals.schemas import ProposalView
from shared.database import connection
from shared.problems import Problem
from shared.text import EntityId

router = APIRouter(prefix="/v1/feeds", tags=["feeds"])

SHORTLY = "public, max-age=60"


Home = tuple[str, str]
"""The id of the jurisdiction that a feed is of, and its title."""

NoneMatch = Annotated[str, Header(include_in_schema=False)]


@router.get("/requests.atom", summary="Requests that changed last, as an Atom feed", response_class=Response)
async def requests_feed(
    request: Request,
    service_id: EntityId | None = None,
    district_id: EntityId | None = None,
    jurisdiction_id: EntityId | None = None,
    if_none_match: NoneMatch = "",
) -> Response:
    """Of a service, of a district, of a service in a district, or of a whole jurisdiction; one of them is needed."""
    async with connection(parts(request).engine) as database:
        city, title = await _home(database, service_id, district_id, jurisdiction_id)
        entries = await store.newest(database, city, service_id, district_id)
    return _respond(request, title, [entry.item() for entry in entries], if_none_match)


@router.get("/calls.atom", summary="Open calls for contributions, as an Atom feed", response_class=Response)
async def calls_feed(
    request: Request,
    service_id: EntityId | None = None,
    district_id: EntityId | None = None,
    jurisdiction_id: EntityId | None = None,
    if_none_match: NoneMatch = "",
) -> Response:
    """Of a service, of a district, of a service in a district, or of a whole jurisdiction; one of them is needed."""
    async with connection(parts(request).engine) as database:
        city, title = await _home(database, service_id, district_id, jurisdiction_id)
        wanted = calls.Filter(service_id=service_id, jurisdiction_id=city, district_id=district_id)
        found = await calls.newest(database, wanted, datetime.now(UTC), is_open=True, before=None, limit=store.MOST)
    return _respond(request, title, [_call(each) for each in found], if_none_match)


def _call(call: Call) -> Item:
    until = "" if call.closes_at is None else f" (until {call.closes_at:%Y-%m-%d %H:%M} UTC)"
    text = "\n\n".join(filter(None, (call.text, call.place)))
    return Item(
        call.id, call.title + until, f"/v1/calls/{call.id}", call.form or "any", text, call.opened_at, call.opened_at
    )


@router.get(
    "/proposals.atom", summary="Proposals to which something happened last, as an Atom feed", response_class=Response
)
async def proposals_feed(
    request: Request,
    service_id: EntityId | None = None,
    district_id: EntityId | None = None,
    jurisdiction_id: EntityId | None = None,
    if_none_match: NoneMatch = "",
) -> Response:
    """Published, amended, owed a decision, decided or delivered; of the same as above, one of which is needed."""
    async with connection(parts(request).engine) as database:
        city, title = await _home(database, service_id, district_id, jurisdiction_id)
        wanted = proposals.Filter(city, service_id, district_id)
        found = await proposals.listed(database, wanted, proposals.LISTED, None, "changed", None, store.MOST)
    return _respond(request, title, [_proposal(each) for each in found], if_none_match)


def _proposal(proposal: Proposal) -> Item:
    public = ProposalView.of(proposal, datetime.now(UTC), original=False)
    return Item(
        proposal.id,
        f"{public.title} ({public.decision or public.state})",
        f"/v1/proposals/{proposal.id}",
        public.state,
        "\n\n".join(filter(None, (public.text, public.reasons))),
        proposal.published_at or proposal.created_at,
        proposal.delivered_at or moved_at(proposal),
    )


async def _home(
    database: asyncpg.Connection, service_id: str | None, district_id: str | None, jurisdiction_id: str | None
) -> Home:
    service = await directory.service(database, service_id) if service_id else None
    district = await directory.district(database, district_id) if district_id else None
    home = service or district
    place = await directory.jurisdiction(database, home.jurisdiction_id if home else jurisdiction_id or "")
    if place is None or (service_id and not service) or (district_id and not district):
        raise Problem(404, "unknown-feed", "There is no such feed", "Name a service, district or jurisdiction")
    return place.id, ", ".join(each.name for each in (service, district, place) if each)


def _respond(request: Request, title: str, items: Sequence[Item], if_none_match: str) -> Response:
    here = base(request)
    text = feed(f"{here}{request.url.path}?{request.url.query}", here, title, items)
    headers = {"ETag": f'"{hashlib.sha256(text).hexdigest()[:32]}"', "Cache-Control": SHORTLY}
    if headers["ETag"] in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(text, media_type=TYPE, headers=headers)
