"""Areas of districts and cities as a GeoJSON FeatureCollection (RFC 7946).

Each feature's property `id` names the entity, `kind` says what it is where it is no district; other properties are
passed over.
"""

import json
from typing import Any

from services.catalog.exchange.said import Reading, RefusedPart, Said, Unreadable

KINDS = ("district", "jurisdiction")


def read(data: bytes) -> Reading:
    """The areas of a file. Raises Unreadable."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except RecursionError as error:
        raise Unreadable("this is nested too deep") from error
    except ValueError as error:
        raise Unreadable(f"this is no JSON: {error}") from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise Unreadable("this is no FeatureCollection")
    found = [_area(feature, f"features[{number}]") for number, feature in enumerate(features, 1)]
    said = [each for each in found if isinstance(each, Said)]
    return Reading(said, [each for each in found if isinstance(each, RefusedPart)])


def _area(feature: Any, where: str) -> Said | RefusedPart:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict) or not isinstance(properties.get("id"), str):
        return RefusedPart(where, None, "a feature needs a property `id`: that of a district")
    kind = properties.get("kind", "district")
    if kind not in KINDS:
        return RefusedPart(where, properties["id"], f"kind is one of {', '.join(KINDS)}")
    return Said(kind, properties["id"], {"geometry": feature.get("geometry")}, where)
