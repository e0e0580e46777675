"""The SQL that reads networks."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import asyncpg

from services.catalog.network.domain import TIES, Network, Node, Tie

KINDS = ["organisation", "person", "service", "partnership"]
# Any change of any of them moves the sum: it is exact, for it is seen by the same rules as the change itself.
VERSION = """
SELECT count(*)::text || '.' || coalesce(sum(version), 0)::text FROM entity
WHERE kind = ANY ($2) AND ($1::text IS NULL OR jurisdiction_id = $1)
"""
NODES = """
SELECT id, kind, name, facets FROM entity
WHERE kind = ANY ($2) AND ($1::text IS NULL OR jurisdiction_id = $1) ORDER BY id
"""
REFERENCES = """
SELECT r.from_id, r.to_id, e.kind, r.field FROM entity_reference r JOIN entity e ON e.id = r.from_id
WHERE r.field = ANY ($2) AND e.kind = ANY ($3) AND ($1::text IS NULL OR e.jurisdiction_id = $1)
ORDER BY r.from_id, r.field, r.to_id
"""
PARTNERS = """
SELECT id, (body -> 'partners')::text FROM entity
WHERE kind = 'partnership' AND ($1::text IS NULL OR jurisdiction_id = $1) ORDER BY id
"""


async def version(connection: asyncpg.Connection, jurisdiction_id: str | None) -> str:
    """What changes whenever the network does."""
    found: str = await connection.fetchval(VERSION, jurisdiction_id, KINDS)
    return found


async def network(connection: asyncpg.Connection, jurisdiction_id: str | None) -> Network:
    """The network of a jurisdiction, or of all."""
    nodes = [_node(*row) for row in await connection.fetch(NODES, jurisdiction_id, KINDS)]
    fields = sorted({field for _, field in TIES})
    rows = await connection.fetch(REFERENCES, jurisdiction_id, fields, KINDS)
    ties = [Tie(source, target, TIES[kind, field]) for source, target, kind, field in rows if (kind, field) in TIES]
    partners = await connection.fetch(PARTNERS, jurisdiction_id)
    return Network({node.id: node for node in nodes}, ties, {id: _shares(json.loads(text)) for id, text in partners})


def _node(id: str, kind: str, name: str, facets: Sequence[str]) -> Node:
    """What a node tells of itself stands among its facets, so that no document need be read."""
    values = dict(facet.split(":", 1) for facet in facets)
    return Node(id, kind, name, values.get("helix"), values.get("focal_area"), values.get("partnership_kind"))


def _shares(partners: list[dict[str, Any]]) -> dict[str, Decimal | None]:
    return {
        partner["organisation_id"]: None if partner["cost_share"] is None else Decimal(partner["cost_share"])
        for partner in partners
    }
