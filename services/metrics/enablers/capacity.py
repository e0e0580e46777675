"""Capacity: with what an organisation works, from its reports (docs/scores.md, section 12). Pure.

Figures with a norm are on 0 to 100, where 100 is the norm; others are plain, for nobody can say what would be right.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from services.metrics.enablers.reports import Money, Report, Skill

YEAR = 365


class Capacity(NamedTuple):
    """Each figure is None where the report does not tell what it takes. `score` is the mean of those with a norm."""

    report: Report
    score: float | None
    posts_filled: float | None
    skills_covered: float | None
    training_days: float | None
    workload: float | None
    budget_spent: float | None
    cost_per_case: Money | None


def capacity(report: Report) -> Capacity:
    """What a report says of capacity."""
    filled, covered = posts_filled(report.staff, report.vacancies), skills_covered(report.skills)
    held = [each for each in (filled, covered) if each is not None]
    return Capacity(
        report,
        math.fsum(held) / len(held) if held else None,
        filled,
        covered,
        per_head(report.training_days, report.staff),
        workload(report),
        budget_spent(report.planned, report.spent),
        cost_per_case(report.spent, report.cases_closed),
    )


def posts_filled(staff: float | None, vacancies: float | None) -> float | None:
    """100 less the job vacancy rate: vacancies over occupied and vacant posts (Eurostat, job vacancy statistics,
    Regulation (EC) No 453/2008). The norm is that every post is filled."""
    if staff is None or vacancies is None or staff + vacancies <= 0:
        return None
    return 100 * staff / (staff + vacancies)


def skills_covered(skills: Sequence[Skill]) -> float | None:
    """Full-time equivalents that are there of those needed, skill by skill: too many of one make up for none of another
    (skills gaps, as in OECD, "Skills for a High Performing Civil Service", 2017). The norm is that all need is met."""
    needed = math.fsum(each.needed for each in skills)
    if needed <= 0:
        return None
    return 100 * math.fsum(min(each.available, each.needed) for each in skills) / needed


def per_head(amount: float | None, staff: float | None) -> float | None:
    """Of each full-time equivalent (training for each employee is among the measures of ISO 30414:2018)."""
    return None if amount is None or not staff else amount / staff


def workload(report: Report) -> float | None:
    """Cases of each full-time equivalent and year, those that the report says were handled, else those that input shows
    to be closed (output over the staff that produces it; Hatry, "Performance Measurement: Getting Results", 2006)."""
    cases = report.cases_closed if report.cases_handled is None else report.cases_handled
    head = per_head(cases, report.staff)
    return None if head is None else head * YEAR / (report.ends - report.starts + 1)


def budget_spent(planned: Money | None, spent: Money | None) -> float | None:
    """Expenditure in per cent of the budget (PEFA Framework 2016, PI-1, aggregate expenditure outturn). Plain: more is
    not better, and neither is less."""
    if planned is None or spent is None or planned.currency != spent.currency or planned.amount <= 0:
        return None
    return 100 * spent.amount / planned.amount


def cost_per_case(spent: Money | None, closed: int) -> Money | None:
    """In minor units, rounded down; None where nothing was closed."""
    return None if spent is None or closed <= 0 else Money(spent.amount // closed, spent.currency)
