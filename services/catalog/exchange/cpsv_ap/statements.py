"""The statements of a graph, taken out one by one as they are understood; what is left in the end was not."""

from collections import Counter
from collections.abc import Collection, Iterable

from rdflib import RDF, Graph, Literal, URIRef
from rdflib.term import Node

from services.catalog.exchange.cpsv_ap.triples import Triple


class Statements:
    """What a graph says. Texts without a language are in `language`."""

    def __init__(self, graph: Graph, language: str) -> None:
        self._graph = graph
        self._language = language
        self._left: set[Triple] = set(graph)

    def says(self, subject: Node, predicate: Node, object: Node) -> bool:
        """Whether it says so, taken out already or not."""
        return (subject, predicate, object) in self._graph

    def of_type(self, type: URIRef) -> list[Node]:
        """What is of a class, by name."""
        return sorted(set(self._graph.subjects(RDF.type, type)), key=str)

    def objects(self, subject: Node | None, predicate: URIRef) -> list[Node]:
        """What a node is said to have, by name; what any node has where none is given."""
        return sorted(set(self._graph.objects(subject, predicate)), key=str)

    def about(self, subject: Node) -> set[tuple[Node, Node]]:
        """All that is said of a node: predicates and objects."""
        return set(self._graph.predicate_objects(subject))

    def take(self, subject: Node, predicate: Node, object: Node) -> None:
        """Takes a statement out, if it is there."""
        self._left.discard((subject, predicate, object))

    def texts(self, node: Node, predicate: URIRef) -> dict[str, str]:
        """One text for each language, taken out; a second one in the same language stays where it is."""
        texts: dict[str, str] = {}
        for literal in self.objects(node, predicate):
            if isinstance(literal, Literal) and str(literal).strip() and self.tag(literal) not in texts:
                texts[self.tag(literal)] = str(literal)
                self.take(node, predicate, literal)
        return texts

    def literals(self, node: Node, predicate: URIRef) -> list[Literal]:
        """All values, taken out."""
        found = [each for each in self.objects(node, predicate) if isinstance(each, Literal)]
        for literal in found:
            self.take(node, predicate, literal)
        return found

    def literal(self, node: Node, predicate: URIRef) -> str | None:
        """The first value, taken out; others stay where they are."""
        found = next((each for each in self.objects(node, predicate) if isinstance(each, Literal)), None)
        if found is None:
            return None
        self.take(node, predicate, found)
        return str(found)

    def tag(self, literal: Literal) -> str:
        """The language of a text."""
        return literal.language or self._language

    def take_rest(self, of: Iterable[Node], stop_at: Collection[Node]) -> list[Triple]:
        """What is left of some nodes and of all that they lead to, but for `stop_at`; taken out."""
        to_see, rest = list(of), []
        seen = set(to_see)
        while to_see:
            for triple in self._left_of(to_see.pop()):
                rest.append(triple)
                other = triple[2]
                if other not in seen and other not in stop_at and not isinstance(other, Literal):
                    seen.add(other)
                    to_see.append(other)
        self._left.difference_update(rest)
        return rest

    def _left_of(self, subject: Node) -> list[Triple]:
        found = ((subject, predicate, object) for predicate, object in self._graph.predicate_objects(subject))
        return [triple for triple in found if triple in self._left]

    def left(self) -> list[tuple[str, int]]:
        """How many statements are left of which node, by name."""
        return sorted(Counter(str(subject) for subject, _, _ in self._left).items())
