"""The catalogue as its topic tells it, and the copies of it that services keep."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import asyncpg

from deploy.checker.findings import Findings
from deploy.checker.witness import StateWitness

PLACES = {"jurisdiction": ("population",), "district": ("jurisdiction_id", "population")}
SERVICE = ("jurisdiction_id", "status", "resolution_target", "first_answer_target")
BEHIND = ("organisation_id", "owner_id", "collaborator_ids", "focal_area", "technology_ids", "targets")
COPIED = {
    "metrics": {
        **PLACES,
        "region": ("jurisdiction_ids", "parent_id"),
        "organisation": ("jurisdiction_id", "helix", "parent_id"),
        "service": (*SERVICE, *BEHIND),
        "partnership": ("jurisdiction_id", "kind", "partners", "service_ids", "terms"),
        "objective": ("jurisdiction_id", "indicator", "baseline", "target", "reported", "service_ids"),
        "capacity_report": (
            "organisation_id",
            "service_id",
            "period",
            "staff",
            "vacancies",
            "skills",
            "training_days",
            "budget_planned",
            "budget_spent",
            "cases_planned",
            "cases_handled",
        ),
    },
    "feedback": {
        **{table: (*columns, "geometry") for table, columns in PLACES.items()},
        "organisation": ("jurisdiction_id", "name"),
        "service": (*SERVICE, "name", "targets", "open311"),
    },
}
"""What scores and input depend on, by service and table."""

JSON = {
    "geometry", "targets", "open311", "jurisdiction_ids", "collaborator_ids", "technology_ids", "partners",
    "service_ids", "terms", "indicator", "baseline", "target", "reported", "period", "skills", "budget_planned",
    "budget_spent",
}  # fmt: skip
"""Columns that come as text."""


class Catalogue(NamedTuple):
    """The newest state of each entity, by table and id."""

    entities: Mapping[str, Mapping[str, dict[str, Any]]]

    def districts(self, jurisdiction: str) -> dict[str, int]:
        """Inhabitants by district, where they are known."""
        of = self.entities["district"].items()
        return {i: d["population"] for i, d in of if d["jurisdiction_id"] == jurisdiction and d.get("population")}

    def population(self, jurisdiction: str) -> int | None:
        """A jurisdiction's own figure, else the sum over its districts."""
        own: int | None = self.entities["jurisdiction"].get(jurisdiction, {}).get("population")
        return sum(self.districts(jurisdiction).values()) if own is None else own

    def objectives(self, service: str) -> list[dict[str, Any]]:
        """Those that name a service."""
        return [each for each in self.entities["objective"].values() if service in each.get("service_ids", ())]

    def ties(self, service: str, day: date) -> set[tuple[str, str]]:
        """Partnerships in force that name a service, each with each of its partners but the service's own house."""
        own = self.entities["service"][service].get("organisation_id")
        found = [each for each in self.entities["partnership"].values() if service in each.get("service_ids", ())]
        return {
            (partnership["id"], partner["organisation_id"])
            for partnership in found if _in_force(partnership.get("terms", ()), day.isoformat())
            for partner in partnership["partners"] if partner["organisation_id"] != own
        }  # fmt: skip

    def reports(self, service: str) -> list[dict[str, Any]]:
        """Those on a service's own capacity."""
        return [each for each in self.entities["capacity_report"].values() if each.get("service_id") == service]


def _in_force(terms: Sequence[Mapping[str, str]], day: str) -> bool:
    """Whether one of the terms holds a day, or there are none."""
    return not terms or any(term["starts_on"] <= day <= term.get("ends_on", day) for term in terms)


def catalogue(witness: StateWitness) -> Catalogue:
    tables = {table for copied in COPIED.values() for table in copied}
    kinds = {table: table.replace("_", "-") for table in tables}
    return Catalogue({table: witness.newest[f"catalog.{kind}.changed.v1"] for table, kind in kinds.items()})


async def compare(service: str, database: asyncpg.Connection, known: Catalogue, findings: Findings) -> None:
    """Compares one service's copies with the topic."""
    for table, columns in COPIED[service].items():
        rows = await database.fetch(f"SELECT id, version, {', '.join(columns)} FROM {table}")
        copies = {row["id"]: _told(_read(dict(row))) for row in rows}
        for id_ in sorted(copies.keys() | known.entities[table].keys()):
            copy, state = copies.get(id_), known.entities[table].get(id_)
            expected = state and _told({name: state.get(name) for name in ("id", "version", *columns)})
            if copy != expected:
                findings.add("wrong", f"{service}: the copy of {table} {id_} is {copy}; the topic says {expected}")


def _read(row: dict[str, Any]) -> dict[str, Any]:
    read = {name: json.loads(row[name]) for name in JSON & row.keys() if row[name] is not None}
    return row | read | {name: str(value) for name, value in row.items() if isinstance(value, Decimal)}


def _told(members: Mapping[str, Any]) -> dict[str, Any]:
    """Members as an event tells them: it leaves out what is not there."""
    return {name: value for name, value in members.items() if value is not None and value != []}
