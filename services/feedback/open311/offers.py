"""Services as GeoReport v2 lists and defines them."""

from collections.abc import Mapping
from typing import Any

from services.feedback.directory.domain import TAKES_INPUT, Service

TYPE = "realtime"


def in_use(service: Service) -> bool:
    """Whether clients are told of it."""
    return service.status in TAKES_INPUT


def attributes(service: Service) -> list[dict[str, Any]]:
    """The questions that a service puts, as the catalogue has them."""
    return [dict(each) for each in (service.open311 or {}).get("attributes", ())]


def entry(service: Service, language: str | None) -> dict[str, Any]:
    """A service in the list."""
    translated = service.translations.get(language or "", {})
    open311 = service.open311 or {}
    return {
        "service_code": service.id,
        "service_name": translated.get("name") or service.name,
        "description": translated.get("description") or service.description,
        "metadata": bool(attributes(service)),
        "type": open311.get("type", TYPE),
        "keywords": ",".join(translated.get("keywords") or service.keywords),
        "group": open311.get("group") or service.focal_area or "",
    }


def definition(service: Service, language: str | None) -> dict[str, Any]:
    """A service's questions."""
    told = [_attribute(each, language or service.language) for each in attributes(service)]
    return {"service_code": service.id, "attributes": sorted(told, key=lambda each: each["order"])}


def _attribute(attribute: Mapping[str, Any], language: str | None) -> dict[str, Any]:
    values = [{"key": each["key"], "name": _text(each["name"], language)} for each in attribute.get("values", ())]
    told = {
        "variable": attribute.get("variable", True) and attribute.get("automated") != "server_set",
        "code": attribute["code"],
        "datatype": attribute["datatype"],
        "required": attribute.get("required", False),
        "datatype_description": _text(attribute.get("datatype_description", {}), language),
        "order": attribute.get("order", 0),
        "description": _text(attribute["description"], language),
    }
    return told | ({"values": values} if values else {}) | _automated(attribute)


def _automated(attribute: Mapping[str, Any]) -> dict[str, str]:
    """FixMyStreet's extension: a field that a client fills in without showing it, or its server (`server_set`)."""
    return {"automated": attribute["automated"]} if attribute.get("automated") else {}


def _text(texts: Mapping[str, str], language: str | None) -> str:
    return texts.get(language or "") or next(iter(texts.values()), "")
