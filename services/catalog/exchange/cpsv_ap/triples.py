"""Statements as text that is the same for the same statements, whatever a file calls its nameless nodes."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from rdflib import BNode, Graph
from rdflib.term import Node

Triple = tuple[Node, Node, Node]

ROUNDS = 8
"""How many steps from a nameless node one looks to tell it from others."""


def n_triples(triples: Iterable[Triple]) -> str:
    """N-Triples, sorted; nameless nodes are named in the order of what is said of them."""
    told = list(triples)
    names = _names(told)
    graph = Graph()
    for triple in told:
        graph.add(tuple(names.get(node, node) for node in triple))  # type: ignore[arg-type]
    return "\n".join(sorted(filter(None, graph.serialize(format="nt").splitlines()))) + "\n"


def _names(triples: Sequence[Triple]) -> dict[Node, BNode]:
    about: dict[Node, list[Triple]] = defaultdict(list)
    for triple in triples:
        about[triple[0]].append(triple)
        about[triple[2]].append(triple)
    nameless = sorted({node for node in about if isinstance(node, BNode)})
    digests: dict[Node, str] = {}
    for _ in range(ROUNDS):
        digests = {node: _digest(node, about[node], digests) for node in nameless}
    ordered = sorted(nameless, key=lambda node: (digests[node], node))
    return {node: BNode(f"b{number}") for number, node in enumerate(ordered)}


def _digest(node: Node, said: Iterable[Triple], digests: Mapping[Node, str]) -> str:
    """What is said of a node, and by it of others, as far as those are known by now."""

    def told(other: Node) -> str:
        if other == node:
            return "this"
        return digests.get(other, "_") if isinstance(other, BNode) else other.n3()

    lines = sorted(" ".join(map(told, triple)) for triple in said)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
