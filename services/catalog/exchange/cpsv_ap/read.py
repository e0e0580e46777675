"""CPSV-AP as entities: what a graph says of services and organisations, and what of it this model cannot hold."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rdflib import DCAT, DCTERMS, RDF, SKOS, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from services.catalog.entities.domain import ID_LENGTH
from services.catalog.exchange.cpsv_ap.names import currency_code, language_tag, our_id, slug, tail
from services.catalog.exchange.cpsv_ap.parse import parse
from services.catalog.exchange.cpsv_ap.triples import Triple, n_triples
from services.catalog.exchange.cpsv_ap.vocabulary import (
    ADMS,
    CONCEPT,
    CPSV,
    CV,
    OCCASIONS,
    PARTS,
    SERVICE,
    TIME,
    Class,
    Property,
)
from services.catalog.exchange.said import Reading, RefusedPart, Said

MOST_CHARACTERS = 200_000
"""Of what is kept as it came, for each entity."""

Nodes = Mapping[str, Mapping[Node, str]]
"""The nodes of a service's parts, each with the part's id, by list."""


def read(data: bytes, format: str, jurisdiction_id: str, language: str) -> Reading:
    """What a file says, `turtle` or `json-ld`. Texts that do not say their language are in `language`.

    Raises Unreadable. Ids come from identifiers or names, so that the same file gives the same ids again.
    """
    return Reader(parse(data, format), jurisdiction_id, language).reading()


class Reader:
    """Takes statements out of a graph, one after the other; what is left in the end was not understood."""

    def __init__(self, graph: Graph, jurisdiction_id: str, language: str) -> None:
        self._graph = graph
        self._left: set[Triple] = set(graph)
        self._home = jurisdiction_id
        self._language = language
        self._ids: dict[Node, str] = {}
        self._taken: set[str] = set()
        self._refused: list[RefusedPart] = []
        self._others: dict[Node, list[Triple]] = {}

    def reading(self) -> Reading:
        """Organisations first, for services name them."""
        services = self._of_type(CPSV.PublicService)
        organisations = sorted({*self._of_type(CV.PublicOrganisation), *self._authorities(services)}, key=str)
        organisations = [node for node in organisations if our_id(node, "jurisdiction") is None]
        for kind, nodes in (("organisation", organisations), ("service", services)):
            for node in nodes:
                self._ids[node] = self._id(node, kind)
        said = [self._organisation(node) for node in organisations] + [self._service(node) for node in services]
        self._forget_what_follows()
        said = [self._with_rest(each, node, {*services, *organisations}) for each, node in
                zip(said, [*organisations, *services], strict=True)]  # fmt: skip
        self._refuse_rest()
        return Reading(said, self._refused)

    def _service(self, node: Node) -> Said:
        self._take(node, RDF.type, CPSV.PublicService)
        fields = self._own(node, DCTERMS.title)
        identifier = self._one_literal(node, DCTERMS.identifier)
        if identifier is not None and identifier != self._ids[node]:
            fields["identifier"] = identifier
        if (status := self._status(node)) is not None:
            fields["status"] = status
        self._tie(node, fields)
        nodes = {name: self._parts_of(node, of) for name, of in PARTS.items()}
        fields |= self._properties(node, SERVICE, nodes)
        for name, of in PARTS.items():
            fields[name] = [self._part(part, id, name, of, nodes) for part, id in nodes[name].items()]
        return Said("service", self._ids[node], fields, str(node))

    def _organisation(self, node: Node) -> Said:
        self._take(node, RDF.type, CV.PublicOrganisation)
        fields = self._own(node, SKOS.prefLabel)
        fields.setdefault("name", tail(node))
        spatial = Property("spatial", DCTERMS.spatial, "iris", "spatial", DCTERMS.Location)
        fields["spatial"] = [
            iri
            for iri in self._properties(node, [spatial], {}).get("spatial", [])
            if our_id(URIRef(iri), "place") is None
        ]
        return Said("organisation", self._ids[node], fields, str(node))

    def _own(self, node: Node, title: URIRef) -> dict[str, Any]:
        """Name, description and keywords: in the main language, and translations."""
        names, descriptions = self._texts(node, title), self._texts(node, DCTERMS.description)
        if descriptions == names:
            descriptions = {}  # they stand for one that is lacking
        keywords: dict[str, list[str]] = {}
        for literal in self._literals(node, DCAT.keyword):
            keywords.setdefault(self._tag(literal), []).append(str(literal))
        main = self._language if self._language in names or not names else min(names)
        others = sorted((names.keys() | descriptions.keys() | keywords.keys()) - {main})
        fields: dict[str, Any] = {
            "jurisdiction_id": self._home,
            "language": main,
            "keywords": sorted(keywords.get(main, [])),
        }
        fields |= {"iri": str(node)} if isinstance(node, URIRef) and not node.startswith("urn:civicloop:") else {}
        fields |= {"name": names[main]} if main in names else {}
        fields |= {"description": descriptions[main]} if main in descriptions else {}
        fields["translations"] = {
            language: {
                "name": names.get(language),
                "description": None
                if descriptions.get(language) == names.get(language)
                else descriptions.get(language),
                "keywords": sorted(keywords.get(language, [])),
            }
            for language in others
        }
        return fields

    def _tie(self, node: Node, fields: dict[str, Any]) -> None:
        authorities = sorted(self._objects(node, CV.hasCompetentAuthority), key=str)
        for authority in authorities:
            if our_id(authority, "jurisdiction") is not None:
                self._take(node, CV.hasCompetentAuthority, authority)
                self._take_all(authority)
            elif "organisation_id" not in fields and authority in self._ids:
                fields["organisation_id"] = self._ids[authority]
                self._take(node, CV.hasCompetentAuthority, authority)
        for field, predicate in (("requires_ids", DCTERMS.requires), ("related_ids", CV.relatedService)):
            fields[field] = []
            for other in sorted(self._objects(node, predicate), key=str):
                id = self._ids.get(other) or our_id(other, "service")
                if id is not None:
                    fields[field].append(id)
                    self._take(node, predicate, other)

    def _status(self, node: Node) -> str | None:
        for status in self._objects(node, ADMS.status):
            if (ours := our_id(status, "status")) is not None:
                self._take(node, ADMS.status, status)
                self._take(status, RDF.type, CONCEPT)
                return ours
        return None

    def _parts_of(self, node: Node, of: Class) -> dict[Node, str]:
        """The parts of a list, with the id of each."""
        found: dict[Node, str] = {}
        for part in sorted(self._objects(node, of.predicate), key=str):
            if isinstance(part, Literal):
                continue
            self._take(node, of.predicate, part)
            identifier = self._one_literal(part, DCTERMS.identifier)
            id = identifier or our_id(part, next(name for name, each in PARTS.items() if each is of)) or tail(part)
            while id in found.values():
                id += "-2"
            found[part] = id[:200]
        return found

    def _part(self, node: Node, id: str, name: str, of: Class, nodes: Nodes) -> dict[str, Any]:
        self._take(node, RDF.type, of.type)
        fields: dict[str, Any] = {"id": id}
        if isinstance(node, URIRef) and not node.startswith("urn:civicloop:"):
            fields["iri"] = str(node)
        if name == "occasions":
            for kind, type in OCCASIONS.items():
                if (node, RDF.type, type) in self._graph:
                    fields["kind"] = kind
                    self._take(node, RDF.type, type)
        fields |= self._properties(node, [each for each in of.properties if each.field != "id"], nodes)
        if name == "rules" and fields["description"] == fields["title"]:
            del fields["description"]  # it stands for one that is lacking
        return fields

    def _properties(self, node: Node, properties: Iterable[Property], nodes: Nodes) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for each in properties:
            value = self._read(node, each, nodes)
            if value is not None:
                found[each.field] = value
        return found

    def _read(self, node: Node, each: Property, nodes: Nodes) -> Any:
        match each.form:
            case "texts":
                return self._texts(node, each.predicate)
            case "literal":
                return self._one_literal(node, each.predicate)
            case "duration" | "double":
                return self._one_literal(node, each.predicate)
            case "currency":
                return self._one(node, each, currency_code)
            case "languages":
                return self._many(node, each, language_tag)
            case "iri":
                return self._one(node, each, str)
            case "iris":
                return self._many(node, each, str)
            case "hours":
                return self._hours(node, each)
            case "part":
                return next(iter(self._named_parts(node, each, nodes)), None)
            case _:
                return self._named_parts(node, each, nodes)

    def _one(self, node: Node, each: Property, meaning: Callable[[URIRef], str | None]) -> str | None:
        found = self._many(node, each, meaning, most=1)
        return found[0] if found else None

    def _many(
        self, node: Node, each: Property, meaning: Callable[[URIRef], str | None], most: int | None = None
    ) -> list[str]:
        found: list[str] = []
        for other in sorted(self._objects(node, each.predicate), key=str):
            value = meaning(other) if isinstance(other, URIRef) else None
            if value is not None and (most is None or len(found) < most):
                found.append(value)
                self._take(node, each.predicate, other)
                if each.object is not None:
                    self._others.setdefault(other, []).append((other, RDF.type, each.object))
        return found

    def _named_parts(self, node: Node, each: Property, nodes: Nodes) -> list[str]:
        found = []
        for other in sorted(self._objects(node, each.predicate), key=str):
            if other in nodes.get(each.among, {}):
                found.append(nodes[each.among][other])
                self._take(node, each.predicate, other)
        return found

    def _hours(self, node: Node, each: Property) -> dict[str, str] | None:
        """Hours that are but told; those that are reckoned with stay as they are."""
        for other in self._objects(node, each.predicate):
            said = set(self._graph.predicate_objects(other))
            told = {(DCTERMS.description, text) for text in self._objects(other, DCTERMS.description)}
            if said - told <= {(RDF.type, TIME.TemporalEntity)} and (
                isinstance(other, BNode) or str(other).startswith("urn:civicloop:")
            ):
                self._take(node, each.predicate, other)
                self._take(other, RDF.type, TIME.TemporalEntity)
                return self._texts(other, DCTERMS.description)
        return None

    def _texts(self, node: Node, predicate: URIRef) -> dict[str, str]:
        """One text for each language; a second one in the same language stays where it is."""
        texts: dict[str, str] = {}
        for literal in sorted(self._objects(node, predicate), key=str):
            if isinstance(literal, Literal) and str(literal).strip() and self._tag(literal) not in texts:
                texts[self._tag(literal)] = str(literal)
                self._take(node, predicate, literal)
        return texts

    def _literals(self, node: Node, predicate: URIRef) -> list[Literal]:
        found = [each for each in self._objects(node, predicate) if isinstance(each, Literal)]
        for literal in found:
            self._take(node, predicate, literal)
        return found

    def _one_literal(self, node: Node, predicate: URIRef) -> str | None:
        found = sorted(each for each in self._objects(node, predicate) if isinstance(each, Literal))
        if not found:
            return None
        self._take(node, predicate, found[0])
        return str(found[0])

    def _tag(self, literal: Literal) -> str:
        return literal.language or self._language

    def _id(self, node: Node, kind: str) -> str:
        """An id that nothing else in the file has; that of a name of ours is what it was."""
        ours = our_id(node, kind)
        if ours is None:
            identifier = next(iter(sorted(map(str, self._graph.objects(node, DCTERMS.identifier)))), "")
            told = slug(identifier) or slug(tail(node)) or kind
            ours = f"{self._home}.{told}"[:ID_LENGTH].rstrip("-._")
        unique, number = ours, 1
        while unique in self._taken:
            number += 1
            unique = f"{ours[: ID_LENGTH - 4]}-{number}"
        self._taken.add(unique)
        return unique

    def _of_type(self, type: URIRef) -> list[Node]:
        return sorted(set(self._graph.subjects(RDF.type, type)), key=str)

    def _authorities(self, services: Iterable[Node]) -> set[Node]:
        named = {each for node in services for each in self._objects(node, CV.hasCompetentAuthority)}
        return {node for node in named if (node, SKOS.prefLabel, None) in self._graph}

    def _objects(self, node: Node, predicate: URIRef) -> list[Node]:
        return list(self._graph.objects(node, predicate))

    def _take(self, subject: Node, predicate: Node, object: Node) -> None:
        self._left.discard((subject, predicate, object))

    def _take_all(self, subject: Node) -> None:
        for predicate, object in self._graph.predicate_objects(subject):
            self._take(subject, predicate, object)
            if isinstance(object, URIRef) and our_id(object, "place") is not None:
                self._take_all(object)

    def _forget_what_follows(self) -> None:
        """That a named concept is one is said again with the name of it."""
        for triples in self._others.values():
            self._left.difference_update(triples)
        self._left -= {(node, RDF.type, CONCEPT) for node in self._graph.objects(None, CV.frequency)}

    def _with_rest(self, said: Said, node: Node, entities: set[Node]) -> Said:
        """With the statements that hang on an entity and that its fields do not hold."""
        rest: list[Triple] = []
        about = [node, *self._parts_nodes(node)]
        seen = set(about)
        by_subject: dict[Node, list[Triple]] = {}
        for triple in self._left:
            by_subject.setdefault(triple[0], []).append(triple)
        while about:
            for triple in by_subject.get(about.pop(), ()):
                rest.append(triple)
                if triple[2] not in seen and triple[2] not in entities and not isinstance(triple[2], Literal):
                    seen.add(triple[2])
                    about.append(triple[2])
        if not rest:
            return said
        text = n_triples(rest)
        if len(text) > MOST_CHARACTERS:
            self._refused.append(RefusedPart(said.where, said.id, f"{len(rest)} statements more than can be kept"))
            self._left.difference_update(rest)
            return said
        self._left.difference_update(rest)
        return Said(said.kind, said.id, {**said.fields, "other_statements": text}, said.where)

    def _parts_nodes(self, node: Node) -> list[Node]:
        return [
            part for of in PARTS.values() for part in self._objects(node, of.predicate) if not isinstance(part, Literal)
        ]

    def _refuse_rest(self) -> None:
        by_subject: dict[Node, int] = {}
        for subject, _, _ in self._left:
            by_subject[subject] = by_subject.get(subject, 0) + 1
        for subject, count in sorted(by_subject.items(), key=lambda each: str(each[0])):
            message = f"{count} statements that belong to no service or organisation"
            self._refused.append(RefusedPart(str(subject), None, message))
