"""A public service as schema.org's GovernmentService (schema.org/GovernmentService), in JSON-LD."""

from collections.abc import Mapping
from typing import Any

from services.catalog.exchange.cpsv_ap.names import name_of

Document = Mapping[str, Any]

CONTEXT = "https://schema.org"


def government_service(service: Document, organisation: Document | None, city: Document) -> dict[str, Any]:
    """The service, who provides it, where, in which languages, and by which channels it can be reached."""
    described = {
        "@context": CONTEXT,
        "@type": "GovernmentService",
        "@id": service["iri"] or str(name_of("service", service["id"])),
        "identifier": service["identifier"] or service["id"],
        "name": _texts(service, "name"),
        "description": _texts(service, "description"),
        "keywords": service["keywords"],
        "url": (service["homepage"] or {}).get("url"),
        "serviceType": service["focal_area"],
        "areaServed": {"@type": "City", "name": city["name"], "@id": city["iri"]},
        "provider": _provider(organisation, city),
        "availableLanguage": service["service_languages"],
        "availableChannel": [_channel(channel) for channel in service["channels"]],
        "offers": [_offer(cost) for cost in service["costs"]],
        "serviceOutput": [{"@type": "Thing", "name": _by_language(output["title"])} for output in service["outputs"]],
        "dateModified": service["changed_at"],
    }
    told: dict[str, Any] = _without_nothing(described)
    return told


def _provider(organisation: Document | None, city: Document) -> dict[str, Any]:
    of = organisation or city
    return {
        "@type": "GovernmentOrganization",
        "@id": of["iri"] or str(name_of("organisation" if organisation else "jurisdiction", of["id"])),
        "name": _texts(of, "name"),
        "url": of["homepage"],
        "telephone": of.get("telephone"),
        "email": of.get("email"),
    }


def _channel(channel: Document) -> dict[str, Any]:
    return {
        "@type": "ServiceChannel",
        "identifier": channel["id"],
        "serviceUrl": channel["url"],
        "description": _by_language(channel["description"]),
    }


def _offer(cost: Document) -> dict[str, Any]:
    return {
        "@type": "Offer",
        "price": cost["value"],
        "priceCurrency": cost["currency"],
        "description": _by_language(cost["description"]),
    }


def _texts(document: Document, field: str) -> Any:
    others = {language: each[field] for language, each in document["translations"].items() if each[field]}
    return _by_language({document["language"]: document[field], **others})


def _by_language(texts: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@language": language, "@value": text} for language, text in texts.items() if text]


def _without_nothing(value: Any) -> Any:
    """The value without members that say nothing."""
    if isinstance(value, Mapping):
        told = {name: _without_nothing(each) for name, each in value.items()}
        return {name: each for name, each in told.items() if each not in (None, "", [], {})}
    return [_without_nothing(each) for each in value] if isinstance(value, list) else value
