"""A small town: its catalogue, and its citizens' input, as events."""

from datetime import UTC, datetime, timedelta
from itertools import count

from shared.contracts.catalog import DistrictChanged, JurisdictionChanged, ServiceChanged
from shared.contracts.feedback import (
    RatingGiven,
    RequestClosed,
    RequestOpened,
    Resolution,
)

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
_numbers = count(1)


def jurisdiction(population: int | None = 10_000, *, version: int = 1) -> JurisdictionChanged:
    return JurisdictionChanged(
        id="town", name="Town", time_zone="UTC", version=version, changed_at=NOW, population=population
    )


def district(name: str, population: int) -> DistrictChanged:
    return DistrictChanged(
        id=f"town.{name}", jurisdiction_id="town", name=name, version=1, changed_at=NOW, population=population
    )


def service(name: str = "potholes", *, version: int = 1, resolution_target: int | None = 86_400) -> ServiceChanged:
    return ServiceChanged(
        id=f"town.{name}",
        jurisdiction_id="town",
        name=name.title(),
        status="active",
        version=version,
        changed_at=NOW,
        resolution_target=resolution_target,
        first_answer_target=3_600,
    )


def rating(value: int, service: str = "potholes", *, at: datetime = NOW, district: str | None = None) -> RatingGiven:
    number = next(_numbers)
    return RatingGiven(
        jurisdiction_id="town",
        service_id=f"town.{service}",
        district_id=district and f"town.{district}",
        rating_id=str(number),
        contributor=f"person {number}",
        value=value,
        given_at=at,
    )


def solved(
    service: str = "potholes", *, opened: datetime, took: timedelta, due: timedelta = DAY
) -> list[RequestOpened | RequestClosed]:
    """A request and its end: resolved after `took`."""
    number = next(_numbers)
    opening = RequestOpened(
        jurisdiction_id="town",
        service_id=f"town.{service}",
        request_id=str(number),
        contributor=f"person {number}",
        opened_at=opened,
        due_at=opened + due,
    )
    closing = RequestClosed(
        jurisdiction_id="town",
        service_id=f"town.{service}",
        request_id=str(number),
        opened_at=opened,
        closed_at=opened + took,
        resolution=Resolution.RESOLVED,
        due_at=opened + due,
    )
    return [opening, closing]
