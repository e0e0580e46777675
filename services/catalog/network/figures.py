"""Figures of a network. Actors are tied where they stand behind the same service, are partners, or are tied directly:
the one-mode projection (Breiger 1974) of who stands behind what, together with the ties of actors to each other.

Terms are those of social network analysis (Wasserman and Faust, Social Network Analysis, 1994). networkx works on the
network of actors and the groups in which all are tied to all, since those ties themselves can be a million.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, Self

import networkx as nx
import numpy as np
from pydantic import BaseModel, Field

from services.catalog.network.betweenness import Tied, betweenness
from services.catalog.network.domain import ACTORS, Network

HELIXES = ("government", "industry", "academia", "civil-society")
DIGITS = 9
"""Of betweenness, after the point: the order in which it is added up shows in later ones."""


class Position(BaseModel):
    """An actor's place in the network, each figure from 0 to 1."""

    id: str
    kind: str
    name: str
    degree: float = Field(description="Actors that it is tied to, of all others")
    betweenness: float = Field(description="Part of the shortest ways between others that lead by it")
    broker: bool = Field(description="Whether the network would fall apart without it")


class Concentration(BaseModel):
    """How far a partnership rests on single partners."""

    id: str
    name: str
    kind: str
    partners: int
    concentration: float | None = Field(description="Herfindahl index of shares of cost; null where not all are known")


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
    broker_count: int
    brokers: list[Position] = Field(description="Actors without whom the network would fall apart, as `central`")
    central: list[Position] = Field(description="Actors by betweenness, then degree")
    isolated_count: int
    isolated: list[str] = Field(description="Actors without any tie")
    helixes: dict[str, int]
    helix_unknown: int
    helix_balance: float | None = Field(description="0: all of one helix, 1: all four alike; null where none is known")
    partner_concentration: float | None = Field(description="Herfindahl index; 1: all depends on one partner")
    largest_partner: str | None = Field(description="Null also where several are equally large")
    concentrations: list[Concentration] = Field(description="Of each partnership, the highest first")

    def shortened(self, limit: int) -> Self:
        """With up to `limit` in each list."""
        lists = ("brokers", "central", "isolated", "concentrations")
        return self.model_copy(update={name: getattr(self, name)[:limit] for name in lists})


class Form(NamedTuple):
    """How actors are tied: how many each is tied to, which part of the paths lead by each, and who has to be there."""

    components: list[int]
    degrees: dict[str, int]
    betweenness: dict[str, float]
    brokers: set[str]


def figures(network: Network) -> Figures:
    """All figures. Many actors take a while: to be called in a thread."""
    nodes = network.nodes.values()
    form = form_of(network)
    positions = _positions(network, form)
    brokers = [position for position in positions if position.broker]
    isolated = sorted(id for id, degree in form.degrees.items() if degree == 0)
    actors, ties = len(form.degrees), sum(form.degrees.values()) // 2
    helixes = Counter(node.helix for node in nodes if node.kind == "organisation")
    shares = partner_shares(network)
    kinds = Counter(node.kind for node in nodes)
    return Figures(
        version=network.version,
        organisations=kinds["organisation"],
        people=kinds["person"],
        services=kinds["service"],
        partnerships=dict(Counter(node.partnership_kind or "other" for node in nodes if node.kind == "partnership")),
        ties=ties,
        density=density(actors, ties),
        components=len(form.components),
        largest_component=max(form.components, default=0),
        broker_count=len(brokers),
        brokers=brokers,
        central=positions,
        isolated_count=len(isolated),
        isolated=isolated,
        helixes={helix: helixes[helix] for helix in HELIXES},
        helix_unknown=helixes[None],
        helix_balance=helix_balance([helixes[helix] for helix in HELIXES]),
        partner_concentration=herfindahl(list(shares.values())),
        largest_partner=largest(shares),
        concentrations=_concentrations(network),
    )


def form_of(network: Network) -> Form:
    """Degrees (Freeman 1979) as numbers of others; betweenness (Freeman 1977) as a part of what it could be for one of
    so many actors, a star's middle being 1; brokers are cut vertices: who, if left out, leaves others without a way to
    each other (cutpoints in Wasserman and Faust, chapter 4; found as Hopcroft and Tarjan 1973)."""
    actors = {node.id for node in network.nodes.values() if node.kind in ACTORS}
    together = _graph(actors, network.groups())
    form = Form([], {}, {}, {id for id in nx.articulation_points(together) if isinstance(id, str)})
    most = (len(actors) - 1) * (len(actors) - 2) / 2
    for component in nx.connected_components(together):
        ids = sorted(actor for actor in component if isinstance(actor, str))
        tied = _tied(ids, (group for group in component if isinstance(group, frozenset)))
        form.components.append(len(ids))
        form.degrees.update(zip(ids, tied.sum(axis=0).tolist(), strict=True))
        between = betweenness(tied) / most if len(ids) > 2 else np.zeros(len(ids))
        form.betweenness.update(zip(ids, between.round(DIGITS).tolist(), strict=True))
    return form


def density(actors: int, ties: int) -> float | None:
    """Ties over the pairs that there are, n (n - 1) / 2 (Wasserman and Faust, chapter 4); None without a pair."""
    return 2 * ties / (actors * (actors - 1)) if actors > 1 else None


def helix_balance(counts: Sequence[int]) -> float | None:
    """Shannon entropy of the shares of the helixes, over its maximum, the logarithm of their number (Pielou 1966)."""
    total = sum(counts)
    if total == 0:
        return None
    entropy = -sum(count / total * math.log(count / total) for count in counts if count)
    return min(1.0, abs(entropy) / math.log(len(counts)))


def herfindahl(shares: Sequence[float]) -> float | None:
    """Sum of the squares of shares that add up to 1 (Herfindahl-Hirschman index); None where there are none."""
    return math.fsum(share * share for share in shares) if shares else None


def partner_shares(network: Network) -> dict[str, float]:
    """Each organisation's part in all partnerships together: within each by shares of cost, alike where not known."""
    parts: Counter[str] = Counter()
    for partners in network.partners.values():
        shares = cost_shares(partners) or dict.fromkeys(partners, 1 / len(partners))
        for id, share in shares.items():
            parts[id] += share / len(network.partners)  # type: ignore[assignment]
    return dict(parts)


def largest(shares: Mapping[str, float]) -> str | None:
    """Whose share is larger than every other's; None if nobody's is."""
    most = max(shares.values(), default=0.0)
    found = [id for id, share in shares.items() if math.isclose(share, most)]
    return found[0] if len(found) == 1 else None


def cost_shares(partners: Mapping[str, Decimal | None]) -> dict[str, float] | None:
    """Shares of cost as parts of 1; None where they are not known of every partner."""
    known = {id: share for id, share in partners.items() if share is not None}
    total = sum(known.values(), Decimal())
    if total == 0 or len(known) < len(partners):
        return None
    return {id: float(share / total) for id, share in known.items()}


def _graph(actors: Iterable[str], groups: Iterable[frozenset[str]]) -> "nx.Graph[str | frozenset[str]]":
    """Actors, and the groups that they are in. Who cuts it cuts the network of actors: each group has two at least."""
    graph: nx.Graph[str | frozenset[str]] = nx.Graph()
    graph.add_nodes_from(actors)
    graph.add_edges_from((actor, group) for group in groups for actor in group)
    return graph


def _tied(ids: Sequence[str], groups: Iterable[Iterable[str]]) -> Tied:
    """Which two of some actors, in the order of their ids, are in a group together."""
    place = {id: number for number, id in enumerate(ids)}
    tied = np.zeros((len(ids), len(ids)), np.bool_)
    for group in groups:
        places = [place[id] for id in group]
        tied[np.ix_(places, places)] = True
    np.fill_diagonal(tied, False)
    return tied


def _positions(network: Network, form: Form) -> list[Position]:
    """Actors, those that most ways lead by first."""
    others = max(1, len(form.degrees) - 1)
    ordered = sorted(form.degrees, key=lambda id: (-form.betweenness[id], -form.degrees[id], id))
    return [
        Position(
            id=id, kind=network.nodes[id].kind, name=network.nodes[id].name, degree=form.degrees[id] / others,
            betweenness=form.betweenness[id], broker=id in form.brokers,
        )
        for id in ordered
    ]  # fmt: skip


def _concentrations(network: Network) -> list[Concentration]:
    """Of each partnership, the highest first and the unknown last."""
    return sorted(
        (_concentration(network, id) for id in network.partners),
        key=lambda each: (-(each.concentration or 0), each.id),
    )


def _concentration(network: Network, id: str) -> Concentration:
    node, partners = network.nodes[id], network.partners[id]
    shares = cost_shares(partners)
    return Concentration(
        id=id, name=node.name, kind=node.partnership_kind or "other", partners=len(partners),
        concentration=herfindahl(list(shares.values())) if shares else None,
    )  # fmt: skip
