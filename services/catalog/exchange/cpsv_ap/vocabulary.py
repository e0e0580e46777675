"""What the fields of a service are called in CPSV-AP: one table, by which they are written and read."""

from typing import NamedTuple

from rdflib import DCAT, DCTERMS, FOAF, ORG, SKOS, XSD, Namespace, URIRef

CPSV = Namespace("http://purl.org/vocab/cpsv#")
CV = Namespace("http://data.europa.eu/m8g/")
ELI = Namespace("http://data.europa.eu/eli/ontology#")
ADMS = Namespace("http://www.w3.org/ns/adms#")
LOCN = Namespace("http://www.w3.org/ns/locn#")
TIME = Namespace("http://www.w3.org/2006/time#")
LANGUAGE = Namespace("http://publications.europa.eu/resource/authority/language/")
CURRENCY = Namespace("http://publications.europa.eu/resource/authority/currency/")
OURS = "urn:civicloop:"

PREFIXES = {
    "adms": str(ADMS), "cpsv": str(CPSV), "cv": str(CV), "dcat": str(DCAT), "dct": str(DCTERMS), "eli": str(ELI),
    "foaf": str(FOAF), "locn": str(LOCN), "org": str(ORG), "skos": str(SKOS), "time": str(TIME), "xsd": str(XSD),
}  # fmt: skip


class Property(NamedTuple):
    """How a field is said: its predicate, in which form its values are written, its name in the standard's context.

    `object` is the class that the standard demands of what is named; `among` the list of parts that a field names.
    """

    field: str
    predicate: URIRef
    form: str
    term: str
    object: URIRef | None = None
    among: str = ""


class Class(NamedTuple):
    """A list of a service's parts: their class, how the service names them, and their properties."""

    type: URIRef
    term: str
    predicate: URIRef
    service_term: str
    properties: tuple[Property, ...]


CONCEPT = SKOS.Concept
IDENTIFIER = Property("id", DCTERMS.identifier, "literal", "identifier")
TITLE = Property("title", DCTERMS.title, "texts", "name")
DESCRIPTION = Property("description", DCTERMS.description, "texts", "description")
TYPE = Property("type", DCTERMS.type, "iri", "type", CONCEPT)
LANGUAGES = Property("languages", DCTERMS.language, "languages", "language", DCTERMS.LinguisticSystem)
HOURS = Property("opening_hours", CV.openingHours, "hours", "openingHours")
DURATION = Property("processing_time", CV.processingTime, "duration", "processingTime")

PARTS: dict[str, Class] = {
    "channels": Class(CV.Channel, "Channel", CV.hasChannel, "hasChannel", (
        IDENTIFIER, TYPE, DESCRIPTION, DURATION, HOURS,
        Property("url", FOAF.homepage, "iri", "homepage", FOAF.Document),
        Property("owned_by", CV.ownedBy, "iri", "ownedBy", ORG.Organization),
    )),
    "contact_points": Class(CV.ContactPoint, "ContactPoint", CV.contactPoint, "contactPoint", (
        IDENTIFIER, HOURS,
        Property("email", CV.email, "literal", "hasEmail"),
        Property("telephone", CV.telephone, "literal", "hasTelephone"),
        Property("page", CV.contactPage, "iri", "contactPage", FOAF.Document),
    )),
    "costs": Class(CV.Cost, "Cost", CV.hasCost, "hasCost", (
        IDENTIFIER, DESCRIPTION,
        Property("value", CV.hasValue, "double", "hasValue"),
        Property("currency", CV.currency, "currency", "currency", CONCEPT),
        Property("channel_id", CV.ifAccessedThrough, "part", "ifAccessedThrough", among="channels"),
    )),
    "requirements": Class(CV.Requirement, "Requirement", CV.holdsRequirement, "holdsRequirement", (
        IDENTIFIER, TITLE, DESCRIPTION, TYPE,
        Property("evidence_ids", CV.hasSupportingEvidence, "parts", "hasSupportingEvidence", among="evidence"),
        Property("fulfils", CV.fulfils, "parts", "fulfils", among="rules"),
    )),
    "evidence": Class(CV.Evidence, "Evidence", CPSV.hasInput, "hasInput", (
        IDENTIFIER, TITLE, DESCRIPTION, TYPE, LANGUAGES,
        Property("evidence_type_ids", DCTERMS.conformsTo, "parts", "isConformantTo", among="evidence_types"),
        Property("pages", FOAF.page, "iris", "relatedDocumentation", FOAF.Document),
    )),
    "evidence_types": Class(CV.EvidenceType, "EvidenceType", CV.hasInputType, "hasInputType", (
        IDENTIFIER,
        Property("classification", CV.evidenceTypeClassification, "iris", "evidenceTypeClassification", CONCEPT),
    )),
    "outputs": Class(CV.Output, "Output", CPSV.produces, "produces", (
        IDENTIFIER, TITLE, DESCRIPTION, TYPE, LANGUAGES,
    )),
    "rules": Class(CPSV.Rule, "Rule", CPSV.follows, "follows", (
        IDENTIFIER, TITLE, DESCRIPTION, TYPE, LANGUAGES,
        Property("legal_resource_ids", CPSV.implements, "parts", "implements", among="legal_resources"),
    )),
    "legal_resources": Class(ELI.LegalResource, "LegalResource", CV.hasLegalResource, "hasLegalResource", (
        IDENTIFIER, TITLE,
        Property("related_ids", DCTERMS.relation, "parts", "related", among="legal_resources"),
    )),
    "occasions": Class(CV.Event, "Event", CV.isGroupedBy, "isGroupedBy", (IDENTIFIER, TITLE, DESCRIPTION, TYPE)),
}  # fmt: skip
"""By the service's field. What stands later may name what stands anywhere."""

OCCASIONS = {"life": CV.LifeEvent, "business": CV.BusinessEvent}
"""The two classes of occasions, by kind."""

SERVICE: tuple[Property, ...] = (
    Property("service_languages", DCTERMS.language, "languages", "language", DCTERMS.LinguisticSystem),
    Property("thematic_areas", CV.thematicArea, "iris", "thematicArea", CONCEPT),
    Property("sectors", CV.sector, "iris", "sector", CONCEPT),
    Property("types", DCTERMS.type, "iris", "functionsOfGovernment", CONCEPT),
    Property("audiences", DCTERMS.audience, "iris", "addressee", CONCEPT),
    Property("classifications", CV.isClassifiedBy, "iris", "isClassifiedBy", CONCEPT),
    Property("spatial", DCTERMS.spatial, "iris", "spatial", DCTERMS.Location),
    DURATION,
)
"""Of a service, beside its texts, its parts and its ties to others."""

CONTEXT_ADDRESSES = frozenset(
    f"https://semiceu.github.io/{place}/releases/{version}/context/{name}.jsonld"
    for place in ("uri.semic.eu-generated/CPSV-AP", "CPSV-AP")
    for version in ("3.0.0", "3.1.0", "3.2.0", "3.2.0/")
    for name in ("cpsv-ap", "cpsv-ap_en")
)
"""Where the standard publishes its JSON-LD context. Nothing is fetched from there: `context` is what it says."""

TIES = {
    "hasCompetentAuthority": CV.hasCompetentAuthority,
    "requires": DCTERMS.requires,
    "relatedService": CV.relatedService,
    "status": ADMS.status,
}  # fmt: skip


def context() -> dict[str, object]:
    """The terms of the standard's context, as far as this model knows them: classes, and `Class.property`."""
    terms: dict[str, object] = {
        "PublicService": str(CPSV.PublicService), "PublicOrganization": str(CV.PublicOrganisation),
        "LifeEvent": str(CV.LifeEvent), "BusinessEvent": str(CV.BusinessEvent), "Concept": str(CONCEPT),
        "Location": str(DCTERMS.Location), "LinguisticSystem": str(DCTERMS.LinguisticSystem),
        "Document": str(FOAF.Document), "Organization": str(ORG.Organization), "Agent": str(FOAF.Agent),
        "TemporalEntity": str(TIME.TemporalEntity), "Address": str(LOCN.Address),
        "TemporalEntity.frequency": _named(CV.frequency), "TemporalEntity.description": str(DCTERMS.description),
        "PublicOrganization.preferredLabel": str(SKOS.prefLabel),
        "PublicOrganization.spatial": _named(DCTERMS.spatial),
        "PublicService.identifier": str(DCTERMS.identifier), "PublicService.name": str(DCTERMS.title),
        "PublicService.description": str(DCTERMS.description), "PublicService.keyword": str(DCAT.keyword),
    }  # fmt: skip
    terms |= {f"PublicService.{name}": _named(predicate) for name, predicate in TIES.items()}
    terms |= {f"PublicService.{each.term}": _term(each) for each in SERVICE}
    for part in PARTS.values():
        terms[part.term] = str(part.type)
        terms[f"PublicService.{part.service_term}"] = _named(part.predicate)
        terms |= {f"{part.term}.{each.term}": _term(each) for each in part.properties}
    return terms


def _term(each: Property) -> object:
    if each.form == "duration":
        return {"@id": str(each.predicate), "@type": str(XSD.duration)}
    if each.form == "double":
        return {"@id": str(each.predicate), "@type": str(XSD.double)}
    return str(each.predicate) if each.form in ("literal", "texts") else _named(each.predicate)


def _named(predicate: URIRef) -> dict[str, str]:
    return {"@id": str(predicate), "@type": "@id"}
