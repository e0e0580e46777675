"""Rows of the read copy as the model takes them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import asyncpg

from services.metrics.enablers.reports import Money, Report, Skill
from services.metrics.objectives.domain import Figure, Objective

Row = asyncpg.Record


def objective_of(row: Row) -> Objective:
    """An objective from its `id`, `indicator`, `baseline`, `target` and `reported`."""
    indicator, baseline = row["indicator"], row["baseline"]
    return Objective(
        id=row["id"],
        source=indicator["source"],
        code=indicator["code"],
        unit=indicator.get("unit"),
        baseline=None if baseline is None else _figure(baseline),
        target=_figure(row["target"]),
        reported=[_figure(each) for each in row["reported"]],
    )


def report_of(row: Row) -> Report:
    """A capacity report from its columns and the number of `cases_closed`."""
    return Report(
        id=row["id"],
        organisation_id=row["organisation_id"],
        service_id=row["service_id"],
        starts=_day(row["period"]["starts_on"]),
        ends=_day(row["period"]["ends_on"]),
        staff=_number(row["staff"]),
        vacancies=_number(row["vacancies"]),
        skills=[Skill(each["skill"], float(each["available"]), float(each["needed"])) for each in row["skills"]],
        training_days=_number(row["training_days"]),
        planned=_money(row["budget_planned"]),
        spent=_money(row["budget_spent"]),
        cases_planned=row["cases_planned"],
        cases_handled=row["cases_handled"],
        cases_closed=row["cases_closed"],
    )


def _figure(told: Mapping[str, Any]) -> Figure:
    return Figure(float(told["value"]), _day(told["on"]))


def _day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _money(told: Mapping[str, Any] | None) -> Money | None:
    return None if told is None else Money(told["amount"], told["currency"])
