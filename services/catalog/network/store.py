"""The SQL that reads networks."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import asyncpg
import msgspec

from services.catalog.network.domain import TIES, Network, Node, Tie

Jurisdictions = tuple[str, ...]
"""By id; all there are, if empty."""

KINDS = ["organisation", "person", "service", "partnership"]
IN_SCOPE = "(cardinality($1::text[]) = 0 OR jurisdiction_id = ANY ($1))"
# Any change of any of them moves the sum: it is exact, for it is seen by the same rules as the change itself.
VERSION = f"""
SELECT count(*)::text || '.' || coalesce(sum(version), 0)::text FROM entity WHERE kind = ANY ($2) AND {IN_SCOPE}
"""
# Of documents only those lists are read that stand nowhere else.
NODES = f"""
SELECT id, kind, name, facets, CASE kind
    WHEN 'partnership' THEN (body -> 'partners')::text WHEN 'person' THEN (body -> 'roles')::text END AS inner
FROM entity WHERE kind = ANY ($2) AND {IN_SCOPE} ORDER BY id
"""
REFERENCES = f"""
SELECT r.from_id, r.to_id, e.kind, r.field FROM entity_reference r JOIN entity e ON e.id = r.from_id
WHERE r.field = ANY ($3) AND e.kind = ANY ($2) AND {IN_SCOPE} ORDER BY r.from_id, r.field, r.to_id
"""
FIELDS = sorted({field for _, field in TIES})
UNKNOWN = """
SELECT id FROM unnest($1::text[]) AS wanted (id)
WHERE NOT EXISTS (SELECT FROM entity WHERE entity.id = wanted.id AND kind = 'jurisdiction')
"""
HOME = "SELECT jurisdiction_id FROM entity WHERE id = $1 AND kind = 'service'"


class Rows(NamedTuple):
    """A network as it is stored, all of it of one moment."""

    version: str
    nodes: Sequence[asyncpg.Record]
    references: Sequence[asyncpg.Record]


async def version(connection: asyncpg.Connection, jurisdictions: Jurisdictions) -> str:
    """What changes whenever the network does."""
    found: str = await connection.fetchval(VERSION, jurisdictions, KINDS)
    return found


async def rows(connection: asyncpg.Connection, jurisdictions: Jurisdictions) -> Rows:
    """What `network` takes."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return Rows(
            await version(connection, jurisdictions),
            await connection.fetch(NODES, jurisdictions, KINDS),
            await connection.fetch(REFERENCES, jurisdictions, KINDS, FIELDS),
        )


def network(rows: Rows) -> Network:
    """The network that rows tell of."""
    nodes, partners = {}, {}
    for id, kind, name, facets, inner in rows.nodes:
        parts = msgspec.json.decode(inner) if inner else []
        nodes[id] = _node(id, kind, name, facets, parts)
        if kind == "partnership":
            partners[id] = _shares(parts)
    ties = [Tie(one, other, TIES[kind, field]) for one, other, kind, field in rows.references if (kind, field) in TIES]
    return Network(nodes, ties, partners, rows.version)


async def unknown(connection: asyncpg.Connection, jurisdictions: Jurisdictions) -> str | None:
    """One of some jurisdictions that is not there, if any is not."""
    found: str | None = await connection.fetchval(UNKNOWN, jurisdictions)
    return found


async def home(connection: asyncpg.Connection, service_id: str) -> str | None:
    """The jurisdiction of a service; None where there is no such service."""
    found: str | None = await connection.fetchval(HOME, service_id)
    return found


def _node(id: str, kind: str, name: str, facets: Sequence[str], parts: list[dict[str, Any]]) -> Node:
    """What a node tells of itself stands among its facets, so that hardly any document need be read."""
    values = dict(facet.split(":", 1) for facet in facets)
    roles = tuple(dict.fromkeys(role["title"] for role in parts)) if kind == "person" else ()
    return Node(id, kind, name, values.get("helix"), values.get("focal_area"), values.get("partnership_kind"), roles)


def _shares(partners: list[dict[str, Any]]) -> dict[str, Decimal | None]:
    return {
        partner["organisation_id"]: None if partner["cost_share"] is None else Decimal(partner["cost_share"])
        for partner in partners
    }
