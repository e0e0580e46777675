"""Turtle and JSON-LD from others: read within bounds, and without fetching anything."""

import json
from typing import Any

from rdflib import Graph
from rdflib.plugins.stores.memory import Memory

from services.catalog.exchange.cpsv_ap.vocabulary import CONTEXT_ADDRESSES, context
from services.catalog.exchange.said import Unreadable

MOST_TRIPLES = 200_000
BASE = "urn:civicloop:file:"
"""What relative names are relative to: a file has no address here."""


class _Bounded(Memory):
    """A store that takes so many statements and no more."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    def add(self, *args: Any, **more: Any) -> None:
        self._count += 1
        if self._count > MOST_TRIPLES:
            raise Unreadable(f"there are more than {MOST_TRIPLES:,} statements")
        super().add(*args, **more)


def parse(data: bytes, format: str) -> Graph:
    """The statements of a file, `turtle` or `json-ld`. Raises Unreadable."""
    graph = Graph(store=_Bounded())
    try:
        if format == "json-ld":
            text = json.dumps(_self_contained(json.loads(data.decode("utf-8-sig"))))
            graph.parse(data=text, format="json-ld", publicID=BASE)
        else:
            graph.parse(data=data.decode("utf-8-sig"), format="turtle", publicID=BASE)
    except Unreadable:
        raise
    except RecursionError as error:
        raise Unreadable("this is nested too deep") from error
    except UnicodeDecodeError as error:
        raise Unreadable(f"this is not UTF-8: {error}") from error
    except Exception as error:  # rdflib's parsers raise whatever their code stumbles on
        raise Unreadable(f"this is no {format} that can be read: {' '.join(str(error).split())[:300]}") from error
    return graph


def _self_contained(document: Any) -> Any:
    """The document with the standard's own context in it. Raises Unreadable where it points to any other."""
    if isinstance(document, list):
        return [_self_contained(each) for each in document]
    if not isinstance(document, dict):
        return document
    if "@import" in document:
        raise Unreadable("@import is not followed: nothing is fetched")
    return {name: _context(value) if name == "@context" else _self_contained(value) for name, value in document.items()}


def _context(value: Any) -> Any:
    if isinstance(value, list):
        return [_context(each) for each in value]
    if not isinstance(value, str):
        return _self_contained(value)
    if value not in CONTEXT_ADDRESSES:
        raise Unreadable(f"the context {value!r} is not known here, and nothing is fetched: put it into the file")
    return context()
