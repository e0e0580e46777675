"""What people write, with what the public may read of it."""

import unicodedata
from itertools import groupby
from typing import NamedTuple

from services.feedback.proposals.domain import Change, Wording
from services.feedback.screening import masked

INVISIBLE = frozenset(
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028\u2029\u2060\u2800\u3164\ufeff\uffa0"
)
DIRECTIONS = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
LOOK_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK"})
"""Alphabets whose letters are taken for each other's."""

SYMBOLS = 2
"""Letters of a word that may be a formula, such as ΔT."""


class Said(NamedTuple):
    """A text, and what the public reads instead; None where it is the same."""

    text: str | None
    masked: str | None


def said(text: str | None) -> Said:
    """A text as it is kept."""
    return Said(text, masked(text))


def worded(title: str, text: str) -> Wording:
    """A wording as it is kept."""
    return Wording(title, text, masked(title), masked(text))


def changed(title: str | None, text: str | None) -> Change:
    """A change of wording as it is kept."""
    return Change(title, text, masked(title), masked(text))


def plain(title: str) -> str:
    """A title that is what it looks like, or ValueError: titles stand in lists, where one could pass for another."""
    title = unicodedata.normalize("NFC", title)
    if any(character in INVISIBLE or character in DIRECTIONS for character in title):
        raise ValueError("holds characters that cannot be seen or that turn the direction of text")
    if any(unicodedata.category(character) == "Cc" for character in title):
        raise ValueError("holds a control character; a title is one line")
    if any(_mixes_alphabets("".join(word)) for letters, word in groupby(title, str.isalpha) if letters):
        raise ValueError("mixes letters of alphabets that look alike within a word")
    return title


def _mixes_alphabets(word: str) -> bool:
    return len(word) > SYMBOLS and len(LOOK_ALIKE & {unicodedata.name(each, "").partition(" ")[0] for each in word}) > 1
