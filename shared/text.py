"""Text from outside: what no database column can hold is refused by name, and what nobody can see is taken out.

Marks that turn the direction of a whole text, and characters without any width, let one name pass for another or a
sentence read as its opposite (CVE-2021-42574). Letters come in their composed form (NFC), so that what looks the same
is the same.
"""

import re
from typing import Annotated
from unicodedata import normalize

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from shared.contracts.base import ID_PATTERN


def storable(text: str) -> str:
    """The text, if a database column can hold it. Raises ValueError."""
    if "\0" in text:
        raise ValueError("holds a NUL character")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("holds half of a surrogate pair")
    return text


Storable = AfterValidator(storable)

# Controls; soft hyphens; embeddings, overrides and isolates of direction; what has no width; fillers; tags.
UNSEEN = re.compile(
    "[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e001f]"
)
JOINERS = re.compile("(.?)[\u200c\u200d]", re.DOTALL)
TAGS = re.compile("(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0020-\U000e007f]+")
"""Only flags such as Scotland's are spelt with them."""
DIRECTIONS = re.compile("[\u061c\u200e\u200f]")
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]")
BREAKS = re.compile("[\t\n\r\x85\u2028\u2029]+")


def _joins(character: str) -> bool:
    """Whether scripts need a joiner after it: of Asia and Africa, or an emoji."""
    return "\u0590" <= character < "\u1d00" or character >= "\u2190"


def _joiner(match: re.Match[str]) -> str:
    return match[0] if match[1] and _joins(match[1]) else match[1]


def clean(text: str) -> str:
    """The text in its composed form, without what nobody can see."""
    if text.isascii():
        return text if text.isprintable() else UNSEEN.sub("", text)
    text = TAGS.sub("", UNSEEN.sub("", normalize("NFC", text)))
    return JOINERS.sub(_joiner, text) if "\u200c" in text or "\u200d" in text else text


def clean_line(text: str) -> str:
    """As `clean`, on one line; marks of direction stay where letters are written from right to left."""
    if text.isascii() and text.isprintable():
        return text
    text = BREAKS.sub(" ", clean(text))
    return (text if RIGHT_TO_LEFT.search(text) else DIRECTIONS.sub("", text)).strip()


def _line(text: str) -> str:
    text = clean_line(text)
    if not text:
        raise ValueError("has nothing that can be seen")
    return text


def _prose(text: str) -> str:
    return clean(text).strip()


def written(text: str) -> str:
    text = _prose(text)
    if not text:
        raise ValueError("has nothing that can be seen")
    return text


Visible = AfterValidator(written)
"""Prose that is not empty once what nobody can see is taken out."""

BLANK = r"\s\x1c-\x1f\x85\ufeff"
"""Of a class in a pattern: white space, as any of the dialects of patterns knows it."""

SAYS = Field(json_schema_extra={"pattern": f"[^{BLANK}]"})
"""What JSON Schema can say of text in which there is something to see."""

Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), SAYS, Storable, AfterValidator(_line)
]
"""A name or title: one to 200 characters."""

Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000), Storable, AfterValidator(_prose)]
"""A description or comment: up to 4,000 characters."""

Written = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000),
    SAYS,
    Storable,
    Visible,
]
"""Prose that is not empty."""


NOT_IN_ADDRESSES = (
    r"\x00-\x20\"<>\\\^`{|}\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180e\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u3000\u3164\ue000-\uf8ff\ufeff\uffa0\ufff0-\uffff"
)
"""Of a class in a pattern: what no address has (RFC 3987), and what cannot be seen.

One by one, since dialects of patterns do not agree on what white space is."""

ADDRESSABLE = f"[^{NOT_IN_ADDRESSES}]"


def _visible(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds a character that cannot be seen")
    return text


WebAddress = Annotated[
    str,
    StringConstraints(pattern=f"^https?://[^{NOT_IN_ADDRESSES}/]{ADDRESSABLE}*$", max_length=2_000),
    AfterValidator(_visible),
    Storable,
]
"""A page on the web, which nothing invisible makes look like another."""

EntityId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
"""The id of a catalogue entity."""


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""Makes a strict integer take 65.0, which is one in JSON Schema and in JavaScript; last of what is annotated."""
