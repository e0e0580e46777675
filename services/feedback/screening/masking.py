"""Finds personal data in free text, and puts a neutral mark in its place."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from services.feedback.screening.identifiers import identifiers
from services.feedback.screening.names import names
from services.feedback.screening.phones import phones

# What most texts do not have: an address sign, or six digits close together.
AT = re.compile(r"[@\uff20]|[(\[{]\s?(?:at|arroba|ät)\s?[)\]}]", re.IGNORECASE)
DIGITS = re.compile(r"\d(?:\D{0,3}\d){5}")

EMAIL = re.compile(
    r"(?<![\w.+-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}"
    r"(?:[@\uff20]|\s?[(\[{]\s?(?:at|arroba|ät)\s?[)\]}]\s?)"
    r"(?:\w[\w-]{0,62}(?:\.|\s?[(\[{]\s?(?:dot|punto|ponto|punkt|point)\s?[)\]}]\s?)){1,8}\w[\w-]{1,62}",
    re.IGNORECASE,
)

# Numbers that are no one's: dates, times, coordinates, prices, and what follows the word for a case.
INNOCENT = re.compile(
    r"""
    (?<!\d)(?:(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d)
        (?:[T ]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?)?(?!\d)
    | (?<!\d)\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?!\d)
    | (?<![\d.])-?\d{1,3}[.]\d{3,15}\s?°?\s?[NSEWO]?[,;\s]\s?-?\d{1,3}[.]\d{3,15}(?!\d|[.]\d)
    | (?<![\d)][ ])(?<!\d)\d{5}-\d{4}(?!\d)
    | (?:[$€£]|R\$|USD|EUR|GBP|CHF)\s?\d[\d.,' ]*\d
    | (?<![\d.,'])\d[\d.,']*\s?(?:[$€£]|USD|EUR|GBP|CHF)
    """,
    re.VERBOSE,
)


class Found(NamedTuple):
    """Where a text holds personal data, and of which kind: e-mail, phone, card, account, id or name."""

    start: int
    end: int
    kind: str


def masked(text: str | None) -> str | None:
    """The text as the public may read it, where that differs from the text; None where it does not."""
    places = found(text)
    if text is None or not places:
        return None
    parts: list[str] = []
    at = 0
    for place in places:
        parts += [text[at : place.start], f"[{place.kind}]"]
        at = place.end
    return "".join([*parts, text[at:]])


def public(text: str | None) -> str | None:
    """The text as the public may read it."""
    return masked(text) or text


def found(text: str | None) -> list[Found]:
    """The personal data in a text, from left to right; none overlaps another."""
    if text is None:
        return []
    places = list(_data(text))
    for place in places:
        text = _without(text, place.start, place.end)
    return sorted([*places, *(Found(start, end, "name") for start, end in names(text))])


def _data(text: str) -> Iterator[Found]:
    """The surest kinds first. What one kind found is blank for the next."""
    if AT.search(text):
        for match in EMAIL.finditer(text):
            yield Found(match.start(), match.end(), "e-mail")
        text = _blanked(EMAIL, text)
    if DIGITS.search(text):
        text = _blanked(INNOCENT, text)
        if DIGITS.search(text):
            yield from _numbers(text)


def _numbers(text: str) -> Iterator[Found]:
    for start, end, kind in identifiers(text):
        yield Found(start, end, kind)
        text = _without(text, start, end)
    for start, end in phones(text):
        yield Found(start, end, "phone")


def _without(text: str, start: int, end: int) -> str:
    return text[:start] + "\n" * (end - start) + text[end:]


def _blanked(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: "\n" * len(match[0]), text)
