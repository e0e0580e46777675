"""Atom feeds (RFC 4287): requests and the answers to them, and whatever else can be told as items."""

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


class Item(NamedTuple):
    """What one entry of a feed says; `path` is where more of it can be read."""

    id: UUID
    title: str
    path: str
    category: str
    content: str
    published: datetime
    updated: datetime


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

    def item(self) -> Item:
        where = f", {self.district_name}" if self.district_name else ""
        said = (self.description or "").strip().splitlines()
        about = f": {said[0][:LONGEST_TITLE]}" if said else ""
        return Item(
            self.id,
            f"{self.service_name}{where} ({self.resolution or self.status}){about}",
            f"/v1/requests/{self.id}",
            self.status,
            "\n\n".join(filter(None, (self.description, self.answer))),
            self.opened_at,
            self.updated_at,
        )


def feed(address: str, base: str, title: str, items: Sequence[Item]) -> bytes:
    """A feed of items, those that changed last first. `address` is the feed's own, `base` that of the api."""
    root = ElementTree.Element(_name("feed"))
    updated = max((item.updated for item in items), default=datetime.fromtimestamp(0, UTC))
    root.extend(_texts({"id": address, "title": title, "updated": _time(updated)}))
    ElementTree.SubElement(root, _name("link"), rel="self", href=address)
    author = ElementTree.SubElement(root, _name("author"))
    author.extend(_texts({"name": title}))
    root.extend(_entry(item, base) for item in items)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _entry(item: Item, base: str) -> ElementTree.Element:
    element = ElementTree.Element(_name("entry"))
    told = {
        "id": f"urn:uuid:{item.id}",
        "title": item.title,
        "published": _time(item.published),
        "updated": _time(item.updated),
    }
    element.extend(_texts(told))
    ElementTree.SubElement(element, _name("link"), rel="alternate", href=base + item.path)
    ElementTree.SubElement(element, _name("category"), term=item.category)
    content = ElementTree.SubElement(element, _name("content"), type="text")
    content.text = _clean(item.content)
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
