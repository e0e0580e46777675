"""CPSV-AP as entities: what a graph says of services and organisations, and what of it this model cannot hold."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from rdflib import DCAT, DCTERMS, RDF, SKOS, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from services.catalog.entities.domain import ID_LENGTH
from services.catalog.exchange.cpsv_ap.names import currency_code, language_tag, our_id, slug, tail
from services.catalog.exchange.cpsv_ap.parse import parse
from services.catalog.exchange.cpsv_ap.statements import Statements
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

MOST_DIGITS = 30

Nodes = Mapping[str, Mapping[Node, str]]
"""The nodes of a service's parts, each with the part's id, by list."""


def read(data: bytes, format: str, jurisdiction_id: str, language: str) -> Reading:
    """What a file says, `turtle` or `json-ld`. Texts that do not say their language are in `language`.

    Raises Unreadable. Ids come from identifiers or names, so that the same file gives the same ids again.
    """
    return Reader(parse(data, format), jurisdiction_id, language).reading()


class Reader:
    """Reads services and organisations out of the statements of a graph."""

    def __init__(self, graph: Graph, jurisdiction_id: str, language: str) -> None:
        self._said = Statements(graph, language)
        self._home = jurisdiction_id
        self._language = language
        self._ids: dict[Node, str] = {}
        self._taken: set[str] = set()
        self._times: Counter[str] = Counter()
        self._refused: list[RefusedPart] = []
        self._typed: list[Triple] = []

    def reading(self) -> Reading:
        """Organisations first, for services name them."""
        services = self._said.of_type(CPSV.PublicService)
        organisations = sorted({*self._said.of_type(CV.PublicOrganisation), *self._authorities(services)}, key=str)
        organisations = [node for node in organisations if our_id(node, "jurisdiction") is None]
        for kind, nodes in (("organisation", organisations), ("service", services)):
            for node in nodes:
                self._ids[node] = self._id(node, kind)
        said = {node: self._organisation(node) for node in organisations}
        said |= {node: self._service(node) for node in services}
        self._forget_types()
        whole = [self._with_rest(each, node) for node, each in said.items()]
        for name, count in self._said.left():
            message = f"{count} statements that belong to no service or organisation"
            self._refused.append(RefusedPart(name, None, message))
        return Reading(whole, self._refused)

    def _service(self, node: Node) -> Said:
        self._said.take(node, RDF.type, CPSV.PublicService)
        fields = self._own(node, DCTERMS.title)
        identifier = self._said.literal(node, DCTERMS.identifier)
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
        self._said.take(node, RDF.type, CV.PublicOrganisation)
        fields = self._own(node, SKOS.prefLabel)
        fields.setdefault("name", tail(node))
        spatial = Property("spatial", DCTERMS.spatial, "iris", "spatial", DCTERMS.Location)
        places = self._properties(node, [spatial], {}).get("spatial", [])
        fields["spatial"] = [iri for iri in places if our_id(URIRef(iri), "place") is None]
        return Said("organisation", self._ids[node], fields, str(node))

    def _own(self, node: Node, title: URIRef) -> dict[str, Any]:
        """Name, description and keywords: in the main language, and translations."""
        names, descriptions = self._said.texts(node, title), self._said.texts(node, DCTERMS.description)
        if descriptions == names:
            descriptions = {}  # they stand for one that is lacking
        keywords: dict[str, list[str]] = {}
        for literal in self._said.literals(node, DCAT.keyword):
            keywords.setdefault(self._said.tag(literal), []).append(str(literal))
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
        authorities = self._said.objects(node, CV.hasCompetentAuthority)
        for authority in authorities:
            if our_id(authority, "jurisdiction") is not None:
                self._said.take(node, CV.hasCompetentAuthority, authority)
                self._take_city(authority)
            elif "organisation_id" not in fields and authority in self._ids:
                fields["organisation_id"] = self._ids[authority]
                self._said.take(node, CV.hasCompetentAuthority, authority)
        for field, predicate in (("requires_ids", DCTERMS.requires), ("related_ids", CV.relatedService)):
            fields[field] = []
            for other in self._said.objects(node, predicate):
                id = self._ids.get(other) or our_id(other, "service")
                if id is not None:
                    fields[field].append(id)
                    self._said.take(node, predicate, other)

    def _status(self, node: Node) -> str | None:
        for status in self._said.objects(node, ADMS.status):
            if (ours := our_id(status, "status")) is not None:
                self._said.take(node, ADMS.status, status)
                self._said.take(status, RDF.type, CONCEPT)
                return ours
        return None

    def _parts_of(self, node: Node, of: Class) -> dict[Node, str]:
        """The parts of a list, with the id of each."""
        found: dict[Node, str] = {}
        times: Counter[str] = Counter()
        for part in self._said.objects(node, of.predicate):
            if isinstance(part, Literal):
                continue
            self._said.take(node, of.predicate, part)
            identifier = self._said.literal(part, DCTERMS.identifier)
            id = identifier or our_id(part, next(name for name, each in PARTS.items() if each is of)) or tail(part)
            times[id] += 1
            found[part] = id[:190] if times[id] == 1 else f"{id[:190]}-{times[id]}"
        return found

    def _part(self, node: Node, id: str, name: str, of: Class, nodes: Nodes) -> dict[str, Any]:
        self._said.take(node, RDF.type, of.type)
        fields: dict[str, Any] = {"id": id}
        if isinstance(node, URIRef) and not node.startswith("urn:civicloop:"):
            fields["iri"] = str(node)
        if name == "occasions":
            for kind, type in OCCASIONS.items():
                if self._said.says(node, RDF.type, type):
                    fields["kind"] = kind
                    self._said.take(node, RDF.type, type)
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
                return self._said.texts(node, each.predicate)
            case "literal":
                return self._said.literal(node, each.predicate)
            case "duration":
                return self._said.literal(node, each.predicate)
            case "double":
                return _in_digits(self._said.literal(node, each.predicate))
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
        for other in self._said.objects(node, each.predicate):
            value = meaning(other) if isinstance(other, URIRef) else None
            if value is not None and (most is None or len(found) < most):
                found.append(value)
                self._said.take(node, each.predicate, other)
                if each.object is not None:
                    self._typed.append((other, RDF.type, each.object))
        return found

    def _named_parts(self, node: Node, each: Property, nodes: Nodes) -> list[str]:
        found = []
        for other in self._said.objects(node, each.predicate):
            if other in nodes.get(each.among, {}):
                found.append(nodes[each.among][other])
                self._said.take(node, each.predicate, other)
        return found

    def _hours(self, node: Node, each: Property) -> dict[str, str] | None:
        """Hours that are but told; those that are reckoned with stay as they are."""
        for other in self._said.objects(node, each.predicate):
            said = self._said.about(other)
            told = {(DCTERMS.description, text) for text in self._said.objects(other, DCTERMS.description)}
            if said - told <= {(RDF.type, TIME.TemporalEntity)} and (
                isinstance(other, BNode) or str(other).startswith("urn:civicloop:")
            ):
                self._said.take(node, each.predicate, other)
                self._said.take(other, RDF.type, TIME.TemporalEntity)
                return self._said.texts(other, DCTERMS.description)
        return None

    def _id(self, node: Node, kind: str) -> str:
        """An id that nothing else in the file has; that of a name of ours is what it was."""
        ours = our_id(node, kind)
        if ours is None:
            identifier = next(iter(sorted(map(str, self._said.objects(node, DCTERMS.identifier)))), "")
            told = slug(identifier) or slug(tail(node)) or kind
            ours = f"{self._home}.{told}"[:ID_LENGTH].rstrip("-._")
        unique, self._times[ours] = ours, self._times[ours] + 1
        while unique in self._taken:
            self._times[ours] += 1
            unique = f"{ours[: ID_LENGTH - 7]}-{self._times[ours]}"
        self._taken.add(unique)
        return unique

    def _authorities(self, services: Iterable[Node]) -> set[Node]:
        named = {each for node in services for each in self._said.objects(node, CV.hasCompetentAuthority)}
        return {node for node in named if self._said.objects(node, SKOS.prefLabel)}

    def _forget_types(self) -> None:
        """That a concept, place or language is one is said again with the name of it."""
        for subject, predicate, object in self._typed:
            self._said.take(subject, predicate, object)
        for frequency in self._said.objects(None, CV.frequency):
            self._said.take(frequency, RDF.type, CONCEPT)

    def _with_rest(self, said: Said, node: Node) -> Said:
        """With the statements that hang on an entity and that its fields do not hold."""
        parts = [part for of in PARTS.values() for part in self._said.objects(node, of.predicate)]
        rest = self._said.take_rest([node, *(part for part in parts if not isinstance(part, Literal))], self._ids)
        text = n_triples(rest) if rest else ""
        if len(text) > MOST_CHARACTERS:
            self._refused.append(RefusedPart(said.where, said.id, f"{len(rest)} statements more than can be kept"))
            text = ""
        return replace(said, fields={**said.fields, "other_statements": text}) if text else said

    def _take_city(self, node: Node) -> None:
        """What stands for an authority that is lacking says nothing of its own."""
        for predicate, object in self._said.about(node):
            self._said.take(node, predicate, object)
            if our_id(object, "place") is not None:
                self._said.take(object, RDF.type, DCTERMS.Location)


def _in_digits(number: str | None) -> str | None:
    """A number without an exponent, where that makes sense: XSD writes a millionth 1.0E-6."""
    try:
        read = Decimal(number or "")
    except InvalidOperation:
        return number
    return f"{read:f}" if read.is_finite() and abs(read.adjusted()) < MOST_DIGITS else number
