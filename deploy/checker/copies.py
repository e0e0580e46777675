"""The catalogue as its topic tells it, and the copies of it that services keep."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import asyncpg

from deploy.checker.findings import Findings
from deploy.checker.witness import StateWitness

COPIED = {
    "jurisdiction": ("population",),
    "district": ("jurisdiction_id", "population"),
    "service": ("jurisdiction_id", "status", "resolution_target", "first_answer_target"),
}
"""What scores and input depend on, by table. A member that an event leaves out is NULL."""


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


def catalogue(witness: StateWitness) -> Catalogue:
    return Catalogue({table: witness.newest[f"catalog.{table}.changed.v1"] for table in COPIED})


async def compare(service: str, database: asyncpg.Connection, known: Catalogue, findings: Findings) -> None:
    """Compares one service's copies with the topic."""
    for table, columns in COPIED.items():
        rows = await database.fetch(f"SELECT id, version, {', '.join(columns)} FROM {table}")
        copies = {row["id"]: dict(row) for row in rows}
        for id_ in sorted(copies.keys() | known.entities[table].keys()):
            copy, state = copies.get(id_), known.entities[table].get(id_)
            expected = state and {name: state.get(name) for name in ("id", "version", *columns)}
            if copy != expected:
                findings.add("wrong", f"{service}: the copy of {table} {id_} is {copy}; the topic says {expected}")
