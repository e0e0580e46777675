"""Services as CPSV-AP says them. The standard demands some things that a service may lack: then its name stands for its
description (a rule's title likewise), and its city for its competent authority."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from rdflib import DCAT, DCTERMS, RDF, SKOS, XSD, Graph, Literal, URIRef
from rdflib.term import Node

from services.catalog.exchange.cpsv_ap.names import language_name, name_of
from services.catalog.exchange.cpsv_ap.vocabulary import (
    ADMS,
    CONCEPT,
    CPSV,
    CURRENCY,
    CV,
    OCCASIONS,
    PARTS,
    PREFIXES,
    SERVICE,
    TIME,
    Class,
    Property,
)

Document = Mapping[str, Any]
FORMATS = {"turtle": "text/turtle", "json-ld": "application/ld+json"}


class GraphWriter:
    """Writes services, the organisations responsible for them, and their cities, into one graph."""

    def __init__(
        self, services: Mapping[str, Document], organisations: Mapping[str, Document], cities: Mapping[str, Document]
    ) -> None:
        self._services = services
        self._organisations = organisations
        self._cities = cities
        self.graph = Graph()
        for prefix, namespace in PREFIXES.items():
            self.graph.bind(prefix, namespace)

    def write(self) -> Graph:
        """All of them."""
        for service in self._services.values():
            self._service(service)
        for organisation in self._organisations.values():
            self._organisation(organisation)
        for frequency in set(self.graph.objects(None, CV.frequency)):
            self.graph.add((frequency, RDF.type, CONCEPT))  # the standard demands it of what came as it is, too
        return self.graph

    def _service(self, service: Document) -> None:
        node = _node("service", service)
        self._add(node, RDF.type, CPSV.PublicService)
        self._add(node, DCTERMS.identifier, Literal(service["identifier"] or service["id"]))
        self._texts(node, DCTERMS.title, _own_texts(service, "name"))
        self._texts(node, DCTERMS.description, _own_texts(service, "description") or _own_texts(service, "name"))
        for language, keywords in _keywords(service).items():
            for keyword in keywords:
                self._add(node, DCAT.keyword, Literal(keyword, lang=language))
        self._add(node, ADMS.status, self._typed(name_of("status", service["status"]), CONCEPT))
        self._add(node, CV.hasCompetentAuthority, self._authority(service))
        for field, predicate in (("requires_ids", DCTERMS.requires), ("related_ids", CV.relatedService)):
            for id in service[field]:
                self._add(node, predicate, self._named_service(id))
        self._properties(node, service, SERVICE, service)
        for field, of in PARTS.items():
            for part in service[field]:
                self._part(node, field, of, part, service)
        self._other_statements(service)

    def _part(self, node: URIRef, field: str, of: Class, part: dict[str, Any], service: Document) -> None:
        part_node = _part_node(service, field, part)
        self._add(node, of.predicate, part_node)
        self._add(part_node, RDF.type, of.type)
        if field == "occasions":
            self._add(part_node, RDF.type, OCCASIONS[part["kind"]])
        told = part | {"description": part["title"]} if field == "rules" and not part["description"] else part
        self._properties(part_node, told, of.properties, service)

    def _properties(self, node: URIRef, of: Document, properties: Iterable[Property], service: Document) -> None:
        for each in properties:
            value = of[each.field]
            if value is not None and value != {}:
                for found in self._values(node, each, value, service):
                    self._add(node, each.predicate, found)

    def _values(self, node: URIRef, each: Property, value: Any, service: Document) -> Iterable[Node]:
        match each.form:
            case "texts":
                return [Literal(text, lang=language) for language, text in value.items()]
            case "literal":
                return [Literal(value)]
            case "duration":
                return [Literal(value, datatype=XSD.duration, normalize=False)]
            case "double":
                return [Literal(float(Decimal(value)), datatype=XSD.double)]
            case "currency":
                return [self._typed(CURRENCY[value], each.object)]
            case "languages":
                return [self._typed(language_name(tag), each.object) for tag in value]
            case "hours":
                return [self._hours(node, value)]
            case "part" | "parts":
                ids = [value] if each.form == "part" else value
                parts = {part["id"]: part for part in service[each.among]}
                return [_part_node(service, each.among, parts[id]) for id in ids]
            case _:
                return [self._typed(URIRef(iri), each.object) for iri in ([value] if each.form == "iri" else value)]

    def _hours(self, node: URIRef, texts: Mapping[str, str]) -> URIRef:
        hours = URIRef(f"{node}:hours") if node.startswith("urn:civicloop:") else name_of("hours", str(node))
        self._add(hours, RDF.type, TIME.TemporalEntity)
        self._texts(hours, DCTERMS.description, texts)
        return hours

    def _named_service(self, id: str) -> URIRef:
        """The name of a service; of one that is not written here, it is said at least that it is one."""
        if (service := self._services.get(id)) is not None:
            return _node("service", service)
        return name_of("service", id)

    def _authority(self, service: Document) -> URIRef:
        organisation = self._organisations.get(service["organisation_id"] or "")
        if organisation is not None:
            return _node("organisation", organisation)
        city = self._cities[service["jurisdiction_id"]]
        node = name_of("jurisdiction", city["id"])
        self._add(node, RDF.type, CV.PublicOrganisation)
        self._texts(node, SKOS.prefLabel, _own_texts(city, "name"))
        self._add(node, DCTERMS.spatial, self._place(city))
        return node

    def _organisation(self, organisation: Document) -> None:
        node = _node("organisation", organisation)
        self._add(node, RDF.type, CV.PublicOrganisation)
        self._texts(node, SKOS.prefLabel, _own_texts(organisation, "name"))
        self._texts(node, DCTERMS.description, _own_texts(organisation, "description"))
        for iri in organisation["spatial"]:
            self._add(node, DCTERMS.spatial, self._typed(URIRef(iri), DCTERMS.Location))
        if not organisation["spatial"]:
            self._add(node, DCTERMS.spatial, self._place(self._cities[organisation["jurisdiction_id"]]))
        self._other_statements(organisation)

    def _place(self, city: Document) -> URIRef:
        return self._typed(URIRef(city["iri"]) if city["iri"] else name_of("place", city["id"]), DCTERMS.Location)

    def _other_statements(self, of: Document) -> None:
        if of["other_statements"]:
            self.graph.parse(data=of["other_statements"], format="nt")

    def _texts(self, node: URIRef, predicate: URIRef, texts: Mapping[str, str]) -> None:
        for language, text in texts.items():
            self._add(node, predicate, Literal(text, lang=language))

    def _typed(self, node: URIRef, type: URIRef | None) -> URIRef:
        if type is not None:
            self._add(node, RDF.type, type)
        return node

    def _add(self, subject: URIRef, predicate: URIRef, object: Node) -> None:
        self.graph.add((subject, predicate, object))


def serialise(graph: Graph, format: str) -> str:
    """The graph as `turtle` or `json-ld`; the latter with its terms in it, so that nobody has to fetch them."""
    if format == "json-ld":
        return graph.serialize(format="json-ld", context=PREFIXES, auto_compact=False, indent=1)
    return graph.serialize(format="turtle")


def _node(kind: str, document: Document) -> URIRef:
    return URIRef(document["iri"]) if document["iri"] else name_of(kind, document["id"])


def _part_node(service: Document, field: str, part: Document) -> URIRef:
    return URIRef(part["iri"]) if part["iri"] else name_of(field, service["id"], part["id"])


def _own_texts(document: Document, field: str) -> dict[str, str]:
    """A text of an entity in all its languages."""
    texts = {document["language"]: document[field]} | {
        language: translation[field] for language, translation in document["translations"].items()
    }
    return {language: text for language, text in texts.items() if text}


def _keywords(document: Document) -> dict[str, list[str]]:
    return {document["language"]: document["keywords"]} | {
        language: translation["keywords"] for language, translation in document["translations"].items()
    }
