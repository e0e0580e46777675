"""The network: actors (organisations, people), what they stand behind (services, partnerships), and the ties between.

A partnership is a node of its own, to which each partner has a tie: as ties between all partners, one of 200 partners
would be 19,900 of them.
"""

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
    """An actor, a service or a partnership. `helix` is an organisation's, `focal_area` a service's."""

    id: str
    kind: str
    name: str
    helix: str | None = None
    focal_area: str | None = None
    partnership_kind: str | None = None


class Tie(NamedTuple):
    """A tie from what names to what is named, such as `responsible` from a service to an organisation."""

    source: str
    target: str
    kind: str


@dataclass(frozen=True)
class Network:
    """Nodes by id, ties between them, and each partnership's partners with their shares of cost where known."""

    nodes: Mapping[str, Node]
    ties: Sequence[Tie]
    partners: Mapping[str, Mapping[str, Decimal | None]]

    def around(self, services: Iterable[str]) -> "Network":
        """The part that stands behind some services: them, the partnerships that cover them, and all actors tied to
        either, with the ties among these."""
        centre = set(services)
        centre |= {tie.source for tie in self.ties if tie.kind == "covers" and tie.target in centre}
        actors = {self._actor(tie) for tie in self.ties if {tie.source, tie.target} & centre} - {None}
        kept = {id: self.nodes[id] for id in self.nodes if id in centre or id in actors}
        ties = [tie for tie in self.ties if tie.source in kept and tie.target in kept]
        return Network(kept, ties, {id: shares for id, shares in self.partners.items() if id in kept})

    def in_focal_area(self, focal_area: str) -> "Network":
        """The part that stands behind the services of a focal area."""
        return self.around(id for id, node in self.nodes.items() if node.focal_area == focal_area)

    def _actor(self, tie: Tie) -> str | None:
        return next((id for id in (tie.source, tie.target) if self.nodes[id].kind in ACTORS), None)
