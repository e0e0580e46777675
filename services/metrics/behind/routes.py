"""`/v1/services/{id}/events`: the events behind an indicator."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from services.metrics.behind.matching import Source, added_by, sources_of
from services.metrics.behind.reading import EventsBehind, Found, Place, TopicUnavailable
from services.metrics.buckets.measures import ON_DEMAND
from services.metrics.rebuilding.store import on_demand
from services.metrics.scorecards.asked import Named, chosen
from services.metrics.scores.days import DAY_TEXT, past_day, today
from services.metrics.scores.scorecard import AnyIndicator, Scorecard
from services.metrics.subjects import store
from shared.cloudevents import from_kafka
from shared.database import connection
from shared.paging import Cursor, decode_cursor, encode_cursor
from shared.problems import Problem
from shared.text import EntityId, Line

router = APIRouter(prefix="/v1", tags=["scores"])

NOT_OURS = "The cursor is not one that this list gave out"


class AddedOut(BaseModel):
    """An observation that an event added, or with a negative count took back (docs/scores.md, section 1)."""

    measure: str
    bin: int
    day: date = Field(description="The UTC day on which it counts")
    count: int
    total: int


class EventBehind(BaseModel):
    """An event of the topic, and what it added to what the indicator looks at."""

    id: str
    type: str
    time: str | None
    n: int = Field(description="What it adds to the indicator's n")
    added: list[AddedOut]


class EventsOut(BaseModel):
    """A page, the earliest first as they were published."""

    service_id: str
    indicator: str
    scorecard: str
    since: date | None = Field(description="The first day whose observations are told; null: of all time")
    as_of: date = Field(description="The last day whose observations are told")
    n: int = Field(description="What the events of this page add to n; over all pages it is the indicator's n")
    items: list[EventBehind]
    cut_short: bool = Field(description="The page ended before it was full, because it had looked at enough events")
    read: int = Field(description="Events of the topic that this page looked at")
    next: str | None


class Asked(NamedTuple):
    """Of which days, and from where in the topic on."""

    first: date | None
    last: date
    place: Place


@router.get("/services/{id}/events", summary="The events behind an indicator of a service")
async def events(
    request: Request,
    id: Annotated[EntityId, Path()],
    indicator: Annotated[Line, Query(description="An indicator of the scorecard, see /explanation")],
    since: Annotated[
        str | None, Query(alias="from", description="The first UTC day that counts", json_schema_extra=DAY_TEXT)
    ] = None,
    until: Annotated[
        str | None,
        Query(alias="to", description="The last UTC day that counts; default today", json_schema_extra=DAY_TEXT),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1_000, description="Most items of a page")] = 100,
    cursor: Cursor = None,
    scorecard: Named = None,
) -> EventsOut:
    """Read again from the topic, as far as they were counted when the list began; nothing of them is kept here."""
    async with connection(request.app.state.engine) as database:
        subject = await store.find_service(database, id)
    if subject is None:
        raise Problem(
            404,
            "unknown-service",
            "There is no such service here",
            "Neither the catalogue nor any event names this service",
        )
    card = await chosen(request, subject.jurisdiction_id or "", scorecard)
    found = indicator_of(card, indicator)
    sources = sources_of(found)
    if not sources:
        raise Problem(
            422,
            "not-of-events",
            "That indicator does not rest on citizens' input",
            f"{indicator} rests on what the catalogue says; /explanation shows it",
        )
    await _refuse_what_is_not_kept(request, sources)
    asked = _asked(id, found.id, since, until, cursor)
    match = partial(added_by, sources=sources, first=asked.first or date.min, last=asked.last)
    behind: EventsBehind = request.app.state.behind
    try:
        page = await behind.page(id, asked.place, match, limit)
    except TopicUnavailable as error:
        raise Problem(
            503, "topic-unavailable", "The events cannot be read now", "Try again", headers={"Retry-After": "5"}
        ) from error
    items = [_event(each) for each in page.found]
    following = page.following
    return EventsOut(
        service_id=id,
        indicator=found.id,
        scorecard=card.label,
        since=asked.first,
        as_of=asked.last,
        n=sum(each.n for each in items),
        items=items,
        cut_short=following is not None and len(items) < limit,
        read=page.read,
        next=None if following is None else encode_cursor(id, found.id, asked.first, asked.last, *following),
    )


async def _refuse_what_is_not_kept(request: Request, sources: Sequence[Source]) -> None:
    """A measure on demand counts only once it is complete."""
    wanted = {source.measure for source in sources} & ON_DEMAND
    if wanted:
        async with connection(request.app.state.engine) as database:
            kept = {each.measure for each in await on_demand(database) if each.state == "kept"}
        for measure in sorted(wanted - kept):
            detail = f"{measure.label} is kept on demand, and not complete: no figure rests on it"
            raise Problem(409, "not-kept", "That is not counted yet", detail)


def indicator_of(card: Scorecard, id: str) -> AnyIndicator:
    """The indicator of a scorecard. A problem where it has none of that name."""
    for each in card.indicators:
        if each.id == id:
            return each
    names = ", ".join(each.id for each in card.indicators)
    raise Problem(404, "unknown-indicator", "There is no such indicator", f"{card.label} has {names}")


def _asked(service_id: str, indicator: str, since: str | None, until: str | None, cursor: str | None) -> Asked:
    """A cursor goes on with the days that its list began with."""
    last = past_day(until, "to", today())
    first = None if since is None else past_day(since, "from", last)
    if first is not None and first > last:
        raise Problem(422, "empty-span", "That time ends before it begins", f"from is {first}, to is {last}")
    if cursor is None:
        return Asked(first, last, Place())
    *of, offset, mark, end = decode_cursor(cursor, 7)
    numbers = [each for each in (offset, mark, end) if type(each) is int and 0 <= each < 2**62]
    try:
        last = date.fromisoformat(of[3]) if until is None else last
    except (TypeError, ValueError):
        raise Problem(400, "bad-cursor", NOT_OURS) from None
    if len(numbers) < 3 or of != [service_id, indicator, first and first.isoformat(), last.isoformat()]:
        raise Problem(400, "bad-cursor", NOT_OURS, "It goes with the service, indicator and days that it began with")
    return Asked(first, last, Place(*numbers))


def _event(found: Found) -> EventBehind:
    envelope = from_kafka(found.received.record.headers, found.received.record.value)
    added = [
        AddedOut(measure=each.measure.label, bin=each.bin, day=each.day, count=each.number, total=each.total)
        for each in found.added
    ]
    return EventBehind(
        id=envelope.id,
        type=envelope.type,
        time=envelope.time,
        n=sum(each.n for each in found.added),
        added=added,
    )
