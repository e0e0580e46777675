"""`/v1/feeds/...`: Atom feeds by jurisdiction, service and district."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from services.feedback.directory import store as directory
from services.feedback.feeds import store
from services.feedback.feeds.atom import TYPE, feed
from services.feedback.parts import parts
from shared.database import connection
from shared.problems import Problem
from shared.text import EntityId

router = APIRouter(prefix="/v1/feeds", tags=["feeds"])

SHORTLY = "public, max-age=60"


@router.get("/requests.atom", summary="Requests that changed last, as an Atom feed", response_class=Response)
async def requests_feed(
    request: Request,
    service_id: EntityId | None = None,
    district_id: EntityId | None = None,
    jurisdiction_id: EntityId | None = None,
    if_none_match: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """Of a service, of a district, of a service in a district, or of a whole jurisdiction; one of them is needed."""
    async with connection(parts(request).engine) as database:
        service = await directory.service(database, service_id) if service_id else None
        district = await directory.district(database, district_id) if district_id else None
        home = service or district
        place = await directory.jurisdiction(database, home.jurisdiction_id if home else jurisdiction_id or "")
        if place is None or (service_id and not service) or (district_id and not district):
            raise Problem(404, "unknown-feed", "There is no such feed", "Name a service, district or jurisdiction")
        entries = await store.newest(database, place.id, service_id, district_id)
    title = ", ".join(each.name for each in (service, district, place) if each)
    text = feed(str(request.url), str(request.base_url).rstrip("/"), title, entries)
    headers = {"ETag": f'"{hashlib.sha256(text).hexdigest()[:32]}"', "Cache-Control": SHORTLY}
    if headers["ETag"] in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(text, media_type=TYPE, headers=headers)
