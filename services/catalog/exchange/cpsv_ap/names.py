"""What things are called on the web of data, and what the names of others mean here."""

import re
import unicodedata
from urllib.parse import quote, unquote

import langcodes
from rdflib import URIRef

from services.catalog.exchange.cpsv_ap.vocabulary import CURRENCY, LANGUAGE, OURS


def name_of(kind: str, *ids: str) -> URIRef:
    """The name of something that has none elsewhere: `urn:civicloop:service:boston.bed-bugs`."""
    return URIRef(OURS + ":".join((kind, *(quote(id, safe="") for id in ids))))


def our_id(node: object, kind: str) -> str | None:
    """The last id in a name of ours of a kind; None where it is none."""
    start = f"{OURS}{kind}:"
    if not isinstance(node, URIRef) or not node.startswith(start):
        return None
    return unquote(node.removeprefix(start).rsplit(":", 1)[-1])


def language_name(tag: str) -> URIRef:
    """A language as the EU's authority names it, by ISO 639-3; one with a region or script by a name of ours."""
    language = langcodes.get(tag)
    if language.to_tag() == language.language:
        try:
            return LANGUAGE[language.to_alpha3().upper()]
        except LookupError:
            pass
    return name_of("language", tag)


def language_tag(node: URIRef) -> str | None:
    """The tag of a language's name; None where it is not known."""
    ours = our_id(node, "language")
    code = ours or (node.removeprefix(str(LANGUAGE)).lower() if node.startswith(str(LANGUAGE)) else "")
    return langcodes.standardize_tag(code) if code and langcodes.tag_is_valid(code) else None


def currency_code(node: URIRef) -> str | None:
    """The ISO 4217 code of a currency's name; None where it is not known."""
    code = node.removeprefix(str(CURRENCY))
    return code if re.fullmatch("[A-Z]{3}", code) else None


def slug(text: str) -> str:
    """Text as a part of an id: `tax-on-web` for "Tax-on-web"."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")


def tail(node: object) -> str:
    """The last part of an address: what follows its last `#`, `/` or `:`."""
    return re.split("[#/:]", str(node).rstrip("#/"))[-1]
