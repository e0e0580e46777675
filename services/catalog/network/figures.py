"""Figures of a network. Actors are tied where they stand behind the same service, are partners, or are tied directly.

Terms are those of social network analysis (Wasserman and Faust, Social Network Analysis, 1994).
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import networkx as nx
import rustworkx
from pydantic import BaseModel, Field

from services.catalog.network.domain import ACTORS, Network, Node

HELIXES = ("government", "industry", "academia", "civil-society")


class Position(BaseModel):
    """An actor's place in the network, each figure from 0 to 1."""

    id: str
    kind: str
    name: str
    degree: float = Field(description="Actors that it is tied to, of all others")
    betweenness: float = Field(description="Part of the shortest ways between others that lead by it")
    broker: bool = Field(description="Whether the network would fall apart without it")


class Figures(BaseModel):
    """What a network's form tells."""

    version: str
    organisations: int
    people: int
    services: int
    partnerships: dict[str, int] = Field(description="By kind")
    ties: int = Field(description="Between pairs of actors")
    density: float | None = Field(description="Ties between actors, of all that could be; null for less than two")
    components: int = Field(description="Parts that are not tied to each other")
    largest_component: int
    brokers: list[Position]
    central: list[Position] = Field(description="Actors by betweenness, then degree")
    isolated: list[str] = Field(description="Actors without any tie")
    helixes: dict[str, int]
    helix_unknown: int
    helix_balance: float | None = Field(description="0: all of one helix, 1: all four alike; null where none is known")
    partner_concentration: float | None = Field(description="Herfindahl index; 1: all depends on one partner")
    largest_partner: str | None


def figures(network: Network, version: str, limit: int) -> Figures:
    """All figures; lists hold up to `limit` actors."""
    graph = actors_graph(network)
    nodes = network.nodes.values()
    positions = _positions(graph, network.nodes)
    helixes = Counter(node.helix for node in nodes if node.kind == "organisation")
    parts = sorted(map(len, nx.connected_components(graph)), reverse=True)
    shares = partner_shares(network)
    return Figures(
        version=version,
        organisations=sum(node.kind == "organisation" for node in nodes),
        people=sum(node.kind == "person" for node in nodes),
        services=sum(node.kind == "service" for node in nodes),
        partnerships=dict(Counter(node.partnership_kind or "other" for node in nodes if node.kind == "partnership")),
        ties=graph.number_of_edges(),
        density=nx.density(graph) if len(graph) > 1 else None,
        components=len(parts),
        largest_component=parts[0] if parts else 0,
        brokers=[position for position in positions if position.broker][:limit],
        central=positions[:limit],
        isolated=sorted(nx.isolates(graph))[:limit],
        helixes={helix: helixes[helix] for helix in HELIXES},
        helix_unknown=helixes[None],
        helix_balance=helix_balance([helixes[helix] for helix in HELIXES]),
        partner_concentration=herfindahl(list(shares.values())),
        largest_partner=max(shares, key=lambda id: (shares[id], id)) if shares else None,
    )


def actors_graph(network: Network) -> "nx.Graph[str]":
    """Actors, tied where both stand behind the same service or partnership (the one-mode projection of the two-mode
    network; Breiger 1974), or where one has a role in or is part of the other. Who is in a partnership stands behind
    the services that it covers."""
    actors = {id for id, node in network.nodes.items() if node.kind in ACTORS}
    direct = {tie for tie in network.ties if tie.source in actors and tie.target in actors}
    behind: nx.Graph[str] = nx.Graph()
    behind.add_nodes_from(actors)
    behind.add_edges_from(
        (tie.source, tie.target) for tie in network.ties if tie.target in actors and tie not in direct
    )
    for tie in network.ties:
        if tie.kind == "covers" and tie.source in behind:
            behind.add_edges_from((actor, tie.target) for actor in list(behind[tie.source]))
    graph: nx.Graph[str] = nx.Graph(nx.bipartite.projected_graph(behind, actors))
    graph.add_edges_from((tie.source, tie.target) for tie in direct)
    return graph


def betweenness(graph: "nx.Graph[str]") -> dict[str, float]:
    """Betweenness centrality (Freeman 1977), normalised, exact, by Brandes' algorithm as rustworkx has it: networkx'
    own takes minutes where this takes a second."""
    ids = list(graph)
    converted: Any = rustworkx.networkx_converter(graph)
    found = rustworkx.graph_betweenness_centrality(converted)
    return {id: float(found[index]) for index, id in enumerate(ids)}


def helix_balance(counts: Sequence[int]) -> float | None:
    """Shannon entropy of the shares of the helixes, over its maximum, the logarithm of their number (Pielou 1966)."""
    total = sum(counts)
    if total == 0:
        return None
    entropy = -sum(count / total * math.log(count / total) for count in counts if count)
    return abs(entropy) / math.log(len(counts))


def herfindahl(shares: Sequence[float]) -> float | None:
    """Sum of the squares of shares that add up to 1 (Herfindahl-Hirschman index); None where there are none."""
    return math.fsum(share * share for share in shares) if shares else None


def partner_shares(network: Network) -> dict[str, float]:
    """Each organisation's part in all partnerships together: within each by shares of cost, alike where not known."""
    parts: Counter[str] = Counter()
    for partners in network.partners.values():
        for id, share in _within(partners).items():
            parts[id] += share / len(network.partners)  # type: ignore[assignment]
    return dict(parts)


def _within(partners: Mapping[str, Decimal | None]) -> dict[str, float]:
    total = sum((share for share in partners.values() if share is not None), Decimal())
    if total == 0 or None in partners.values():
        return {id: 1 / len(partners) for id in partners}
    return {id: float(share / total) for id, share in partners.items() if share is not None}


def _positions(graph: "nx.Graph[str]", nodes: Mapping[str, Node]) -> list[Position]:
    """Actors, those that most ways lead by first."""
    degrees = nx.degree_centrality(graph) if len(graph) > 1 else dict.fromkeys(graph, 0.0)
    between = betweenness(graph)
    brokers = set(nx.articulation_points(graph))
    ordered = sorted(graph, key=lambda id: (-between[id], -degrees[id], id))
    return [
        Position(
            id=id, kind=nodes[id].kind, name=nodes[id].name,
            degree=degrees[id], betweenness=between[id], broker=id in brokers,
        )
        for id in ordered
    ]  # fmt: skip
