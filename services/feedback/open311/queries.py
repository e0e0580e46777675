"""What clients ask for in a list of requests, in the standard's words and in those that have come into use."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple
from uuid import UUID

from services.feedback.open311.errors import Open311Error
from services.feedback.requests.states import spelt

WIDEST = timedelta(days=90)
MOST = 1_000
FARTHEST_METRES = 100_000
EPOCH = re.compile(r"-?\d{9,13}(\.\d{1,6})?", re.ASCII)
MILLISECONDS = 10**11
ZONE = re.compile(r"(:\d\d(?:[.,]\d+)?) ([+-]?)(\d\d:?\d\d)$", re.ASCII)
LONGITUDE = ("long", "lng", "lon", "longitude")


class Wanted(NamedTuple):
    """Which requests, and which page of them. Without ids, they were opened between `start` and `end`."""

    ids: tuple[UUID, ...] | None
    service_codes: tuple[str, ...]
    statuses: tuple[str, ...]
    start: datetime
    end: datetime
    updated_after: datetime | None
    updated_before: datetime | None
    near: tuple[float, float, float] | None
    words: str
    page: int
    page_size: int


def read(query: Mapping[str, str], zone: tzinfo, now: datetime) -> Wanted:
    """The query; times without a zone are the jurisdiction's. Raises Open311Error (400).

    Without dates the last 90 days; with one, the 90 days that begin or end there; never more than 90 days.
    """
    start, end = (time(query, name, zone) for name in ("start_date", "end_date"))
    if end is None:
        end = now + timedelta(days=1) if start is None else start + WIDEST
    start = max(start or end - WIDEST, end - WIDEST)
    return Wanted(
        ids=_ids(query),
        service_codes=_list(query, "service_code"),
        statuses=tuple(spelt(status) for status in _list(query, "status")),
        start=start,
        end=end,
        updated_after=time(query, "updated_after", zone),
        updated_before=time(query, "updated_before", zone),
        near=_near(query),
        words=query.get("q", "").replace("\0", "").strip()[:200],
        page=_whole(query, ("page",), 1, 100_000),
        page_size=_whole(query, ("page_size", "per_page"), MOST, MOST),
    )


def _list(query: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in query.get(name, "").replace("\0", "").split(",") if each.strip())


def _ids(query: Mapping[str, str]) -> tuple[UUID, ...] | None:
    """None where no ids are asked for; what cannot be an id is none of ours."""
    wanted = _list(query, "service_request_id")
    return tuple(id for each in wanted[:MOST] if (id := request_id(each))) if wanted else None


def request_id(text: str) -> UUID | None:
    """The id of a request; None where the text can be none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def time(query: Mapping[str, str], name: str, zone: tzinfo = UTC) -> datetime | None:
    """A time; one without a zone is of `zone`. None where there is none. Raises Open311Error (400)."""
    text = query.get(name, "").strip()
    if not text:
        return None
    try:
        at = _epoch(text) if EPOCH.fullmatch(text) else datetime.fromisoformat(_iso(text))
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Open311Error(400, f"{name} is no date-time such as 2026-03-01T00:00:00Z") from error


def _epoch(text: str) -> datetime:
    """Seconds since 1970, or milliseconds, which a clock in JavaScript gives."""
    seconds = float(text)
    return datetime.fromtimestamp(seconds / 1_000 if abs(seconds) >= MILLISECONDS else seconds, UTC)


def _iso(text: str) -> str:
    """A plus that was not escaped comes as a space; a space may stand before a zone."""
    return ZONE.sub(lambda match: f"{match[1]}{match[2] or '+'}{match[3]}", text)


def _near(query: Mapping[str, str]) -> tuple[float, float, float] | None:
    """Latitude, longitude and radius in metres."""
    if not query.get("radius"):
        return None
    try:
        latitude, longitude = (number(_first(query, names)) for names in (("lat", "latitude"), LONGITUDE))
        radius = number(query["radius"])
    except ValueError as error:
        raise Open311Error(400, "radius goes with lat and long, each a number; it is in metres") from error
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180 and 0 < radius <= FARTHEST_METRES):
        raise Open311Error(400, f"lat, long or radius is out of bounds; radius is up to {FARTHEST_METRES} metres")
    return latitude, longitude, radius


def _first(query: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((query[name] for name in names if query.get(name)), "")


def number(text: str) -> float:
    """A number, with a decimal point or a comma. Raises ValueError."""
    return float(text.strip().replace(",", "."))


def _whole(query: Mapping[str, str], names: tuple[str, ...], otherwise: int, most: int) -> int:
    text = _first(query, names)
    if not text:
        return otherwise
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not int(text) >= 1:
        raise Open311Error(400, f"{names[0]} is no whole number from 1")
    return min(int(text), most)
