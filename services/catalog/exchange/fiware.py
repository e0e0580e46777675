"""A service as FIWARE's Open311ServiceType (smart-data-models/dataModel.IssueTracking), in NGSI-LD's normalised form.

The model keeps the names that Open311 GeoReport v2 gives.
"""

from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]

CONTEXT = [
    "https://raw.githubusercontent.com/smart-data-models/dataModel.IssueTracking/master/context.jsonld",
    "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.6.jsonld",
]
TYPE = "Open311ServiceType"


def service_type(service: Document) -> dict[str, Any]:
    """An entity whose members each are a Property; what the service does not say is left out."""
    open311 = service["open311"] or {"group": None, "type": "realtime", "attributes": []}
    language = service["language"]
    told = {
        "service_code": service["id"],
        "service_name": service["name"],
        "description": service["description"],
        "jurisdiction_id": service["jurisdiction_id"],
        "group": open311["group"] or service["focal_area"],
        "keywords": ",".join(service["keywords"]),
        "open311:type": open311["type"],
        "open311:metadata": bool(open311["attributes"]),
        "attributes": [_attribute(each, language) for each in open311["attributes"]],
        "status": service["status"],
    }
    properties = {name: _property(value) for name, value in told.items() if value not in (None, "", [])}
    modified = {"type": "Property", "value": {"@type": "DateTime", "@value": service["changed_at"]}}
    head = {"id": f"urn:ngsi-ld:{TYPE}:{service['id']}", "type": TYPE}
    return {**head, **properties, "dateModified": modified, "@context": CONTEXT}


def _property(value: Any) -> dict[str, Any]:
    return {"type": "Property", "value": value}


def _attribute(attribute: Document, language: str) -> dict[str, Any]:
    return {
        "code": attribute["code"],
        "variable": attribute["variable"],
        "datatype": attribute["datatype"],
        "required": attribute["required"],
        "datatype_description": _text(attribute["datatype_description"], language),
        "order": attribute["order"],
        "description": _text(attribute["description"], language),
        "values": [{"key": each["key"], "name": _text(each["name"], language)} for each in attribute["values"]],
    }


def _text(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or next(iter(texts.values()), "")
