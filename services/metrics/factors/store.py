"""What the catalogue says of services that could go with their scores, as figures by service."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

import asyncpg

from services.metrics.enablers.capacity import capacity
from services.metrics.enablers.collaboration import Around, collaboration
from services.metrics.enablers.reports import newest
from services.metrics.enablers.store import around_each, reports_of

SERVICES = "SELECT id, technology_ids FROM service WHERE id = ANY ($1) ORDER BY id"

SHARED_BY = 3
"""Services that must have a technology, for it to be looked at by itself."""

Factors = dict[str, dict[str, float]]
"""Figures by factor and service; a service of which it is unknown is left out."""


async def factors(database: asyncpg.Connection, service_ids: Sequence[str], as_of: date) -> Factors:
    """All that is known on a day."""
    rows = await database.fetch(SERVICES, service_ids)
    ids = [row["id"] for row in rows]
    technologies = {row["id"]: set(row["technology_ids"]) for row in rows}
    found: Factors = {"technologies": {id: float(len(held)) for id, held in technologies.items()}}
    counts = Counter(each for held in technologies.values() for each in held)
    for technology in sorted(each for each, number in counts.items() if number >= SHARED_BY):
        found[f"technology:{technology}"] = {id: float(technology in held) for id, held in technologies.items()}
    for id, around in (await around_each(database, ids)).items():
        _add(found, id, _collaboration(around, as_of))
    for id, reports in (await reports_of(database, ids)).items():
        for report in newest(reports, as_of.toordinal())[-1:]:
            of_it = capacity(report)
            figures = {
                "posts-filled": of_it.posts_filled,
                "skills-covered": of_it.skills_covered,
                "training-days": of_it.training_days,
                "workload": of_it.workload,
                "budget-spent": of_it.budget_spent,
            }
            _add(found, id, figures)
    return found


def _collaboration(around: Around, as_of: date) -> dict[str, float | None]:
    of_it = collaboration(around, as_of.toordinal())
    return {
        "partnerships": float(of_it.partnerships),
        "partners": float(of_it.ties),
        "helix-balance": of_it.helix_balance,
        "partner-spread": of_it.spread,
    }


def _add(found: Factors, id: str, figures: dict[str, float | None]) -> None:
    for name, figure in figures.items():
        of_it = found.setdefault(name, {})
        if figure is not None:
            of_it[id] = figure
