"""The network: actors (organisations, people), what they stand behind (services, partnerships), and the ties between.

A partnership is a node of its own, to which each partner has a tie: as ties between all partners, one of 200 partners
would be 19,900 of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

ACTORS = frozenset({"organisation", "person"})

TIES: dict[tuple[str, str], str] = {
    ("service", "organisation_id"): "responsible",
    ("service", "collaborator_ids"): "collaborates",
    ("service", "owner_id"): "accountable",
    ("person", "roles.organisation_id"): "role",
    ("organisation", "parent_id"): "part-of",
    ("partnership", "partners.organisation_id"): "partner",
    ("partnership", "service_ids"): "covers",
}
"""The kind of tie that a reference is, by the kind of the entity and its field."""


class Node(NamedTuple):
    """An actor, a service or a partnership. `helix` is an organisation's, `focal_area` a service's, `roles` are the
    titles that a person has or had."""

    id: str
    kind: str
    name: str
    helix: str | None = None
    focal_area: str | None = None
    partnership_kind: str | None = None
    roles: tuple[str, ...] = ()


class Tie(NamedTuple):
    """A tie from what names to what is named, such as `responsible` from a service to an organisation."""

    source: str
    target: str
    kind: str


@dataclass(frozen=True)
class Network:
    """Nodes by id, ties between them, and each partnership's partners with their shares of cost where known.

    `version` is that of all that it was read from."""

    nodes: Mapping[str, Node]
    ties: Sequence[Tie]
    partners: Mapping[str, Mapping[str, Decimal | None]]
    version: str = ""

    def around(self, services: Iterable[str]) -> "Network":
        """The part that stands behind some services: them, the partnerships that cover them, and all actors tied to
        either, with the ties among these."""
        centre = set(services)
        centre |= {tie.source for tie in self.ties if tie.kind == "covers" and tie.target in centre}
        actors = {tie.target for tie in self.ties if tie.source in centre and self.nodes[tie.target].kind in ACTORS}
        kept = {id: node for id, node in self.nodes.items() if id in centre or id in actors}
        ties = [tie for tie in self.ties if tie.source in kept and tie.target in kept]
        partners = {id: shares for id, shares in self.partners.items() if id in kept}
        return Network(kept, ties, partners, self.version)

    def services(self, service_id: str | None = None, focal_area: str | None = None) -> list[str]:
        """Services by id: all, or the one, or those of a focal area."""
        return [
            id for id, node in self.nodes.items()
            if node.kind == "service" and service_id in (None, id) and focal_area in (None, node.focal_area)
        ]  # fmt: skip

    def groups(self) -> set[frozenset[str]]:
        """Actors who are tied to each other: those who stand behind the same service, those in the same partnership,
        and any two of whom one names the other. Who is in a partnership stands behind the services that it covers."""
        behind: dict[str, set[str]] = defaultdict(set)
        pairs = set()
        for tie in self.ties:
            if self.nodes[tie.source].kind in ACTORS:
                pairs.add(frozenset({tie.source, tie.target}))
            elif self.nodes[tie.target].kind in ACTORS:
                behind[tie.source].add(tie.target)
        for tie in self.ties:
            if tie.kind == "covers":
                behind[tie.target] |= behind[tie.source]
        return pairs | {frozenset(actors) for actors in behind.values() if len(actors) > 1}
