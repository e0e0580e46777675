"""Documents in the two formats of the standard, chosen by the extension of the address."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from xml.etree import ElementTree

from fastapi import Response
from msgspec import json

Format = Literal["json", "xml"]
TYPES: dict[str, str] = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
NOT_OF_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold."""

ITEMS = {
    "services": "service", "service_requests": "request", "errors": "error", "attributes": "attribute",
    "values": "value", "endpoints": "endpoint", "formats": "format", "notes": "note",
    "media_urls": "media_url",
    "service_request_updates": "request_update",
}  # fmt: skip
"""What an item of a list is called in XML, where it has no name in JSON."""


def respond(root: str, document: Any, format: str, status: int = 200) -> Response:
    """A document as its format has it: in XML under `root`; in JSON a list or an object as it is."""
    if format == "json":
        return Response(json.encode(document), status, media_type=TYPES["json"])
    element = _element(root, document)
    text: bytes = ElementTree.tostring(element, encoding="utf-8", xml_declaration=True)
    return Response(text, status, media_type=TYPES["xml"])


def _element(name: str, value: Any) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if isinstance(value, Mapping):
        element.extend(_element(inner, each) for inner, each in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        element.extend(_element(ITEMS.get(name, "item"), each) for each in value)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = NOT_OF_XML.sub("\ufffd", str(value))
    return element
