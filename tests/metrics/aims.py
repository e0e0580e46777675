"""Objectives and capacity reports of the town, as the catalogue tells them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from services.metrics.scores.days import today
from shared.contracts.catalog import CapacityReportChanged, ObjectiveChanged
from shared.contracts.catalog.common import ClosedPeriod, Money
from shared.contracts.catalog.direction import Figure, Indicator
from tests.metrics.town import NOW

Told = tuple[str, int]
"""A value, and how many days ago it was so."""


def ago(days: int) -> date:
    return today() - timedelta(days=days)


def figure(told: Told) -> Figure:
    return Figure(value=Decimal(told[0]), on=ago(told[1]))


def objective(
    name: str = "faster",
    *,
    code: str = "days",
    source: str = "reported",
    unit: str | None = None,
    baseline: Told | None = ("10", 100),
    target: Told = ("5", -100),
    reported: tuple[Told, ...] = (),
    services: tuple[str, ...] = ("potholes",),
    version: int = 1,
    **more: Any,
) -> ObjectiveChanged:
    """By default half of its time has gone: 10 a hundred days ago, 5 in a hundred days."""
    return ObjectiveChanged(
        id=f"town.{name}",
        jurisdiction_id="town",
        name=name.title(),
        version=version,
        changed_at=NOW,
        indicator=Indicator(source=source, code=code, unit=unit),
        baseline=None if baseline is None else figure(baseline),
        target=figure(target),
        reported=tuple(figure(each) for each in reported),
        service_ids=tuple(f"town.{service}" for service in services),
        **more,
    )


def euros(amount: int, currency: str = "EUR") -> Money:
    return Money(amount=amount * 100, currency=currency)


def report(
    name: str = "last-year",
    *,
    first: int = 400,
    last: int = 35,
    service: str | None = "potholes",
    organisation: str = "works",
    version: int = 1,
    **more: Any,
) -> CapacityReportChanged:
    """Of the days from `first` to `last` ago."""
    return CapacityReportChanged(
        id=f"town.{name}",
        jurisdiction_id="town",
        name=name.title(),
        version=version,
        changed_at=NOW,
        organisation_id=f"town.{organisation}",
        service_id=service and f"town.{service}",
        period=ClosedPeriod(starts_on=ago(first), ends_on=ago(last)),
        **more,
    )
