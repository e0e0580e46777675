"""Requests and the answers to them as an Atom feed (RFC 4287)."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID
from xml.etree import ElementTree

ATOM = "http://www.w3.org/2005/Atom"
TYPE = "application/atom+xml; charset=utf-8"
NOT_OF_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LONGEST_TITLE = 80

ElementTree.register_namespace("", ATOM)


class Entry(NamedTuple):
    """One request: what it is about, where it stands, and what was answered last."""

    id: UUID
    service_name: str
    district_name: str | None
    status: str
    resolution: str | None
    description: str | None
    answer: str | None
    opened_at: datetime
    updated_at: datetime


def feed(address: str, base: str, title: str, entries: Sequence[Entry]) -> bytes:
    """A feed of requests, those that changed last first. `address` is the feed's own, `base` that of the api."""
    root = ElementTree.Element(_name("feed"))
    updated = max((entry.updated_at for entry in entries), default=datetime.fromtimestamp(0, UTC))
    root.extend(_texts({"id": address, "title": title, "updated": _time(updated)}))
    ElementTree.SubElement(root, _name("link"), rel="self", href=address)
    author = ElementTree.SubElement(root, _name("author"))
    author.extend(_texts({"name": title}))
    root.extend(_entry(entry, base) for entry in entries)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _entry(entry: Entry, base: str) -> ElementTree.Element:
    element = ElementTree.Element(_name("entry"))
    where = f", {entry.district_name}" if entry.district_name else ""
    said = (entry.description or "").strip().splitlines()
    about = f": {said[0][:LONGEST_TITLE]}" if said else ""
    state = entry.resolution or entry.status
    told = {
        "id": f"urn:uuid:{entry.id}",
        "title": f"{entry.service_name}{where} ({state}){about}",
        "published": _time(entry.opened_at),
        "updated": _time(entry.updated_at),
    }
    element.extend(_texts(told))
    ElementTree.SubElement(element, _name("link"), rel="alternate", href=f"{base}/v1/requests/{entry.id}")
    ElementTree.SubElement(element, _name("category"), term=entry.status)
    content = ElementTree.SubElement(element, _name("content"), type="text")
    content.text = _clean("\n\n".join(filter(None, (entry.description, entry.answer))))
    return element


def _texts(values: dict[str, str]) -> Iterable[ElementTree.Element]:
    for name, value in values.items():
        element = ElementTree.Element(_name(name))
        element.text = _clean(value)
        yield element


def _name(name: str) -> str:
    return f"{{{ATOM}}}{name}"


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _clean(text: str) -> str:
    return NOT_OF_XML.sub("\ufffd", text)
