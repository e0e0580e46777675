"""An entity's document in a language: its own texts, and those of its parts, as far as they have been translated."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import langcodes

FARTHEST = 25
"""How far a language may be from the one asked for: Brazilian Portuguese is read for Portuguese, English is not."""

TRANSLATED = ("name", "description", "keywords")


def in_language(document: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The document with its texts in `language`, or in the closest to it that there is, else in its own.

    Maps of texts by language keep the one text; `language` says in which language the entity's own texts are.
    """
    translations, main = document["translations"], document["language"]
    chosen = closest(language, frozenset({main, *translations}), main)
    changed = {name: _narrowed(value, language, main) for name, value in document.items() if name != "translations"}
    for name, text in translations.get(chosen, {}).items():
        if name in TRANSLATED and text:
            changed[name] = text
    return changed | {"language": chosen, "translations": translations}


@lru_cache(maxsize=10_000)
def closest(language: str, available: frozenset[str], otherwise: str) -> str:
    """The available language that readers of `language` understand best."""
    if language in available:
        return language
    found = langcodes.closest_supported_match(language, sorted(available), max_distance=FARTHEST)
    return found or otherwise


def _narrowed(value: Any, language: str, main: str) -> Any:
    if isinstance(value, list):
        return [_narrowed(part, language, main) for part in value]
    if not isinstance(value, dict):
        return value
    if _is_texts(value):
        chosen = closest(language, frozenset(value), main if main in value else next(iter(value)))
        return {chosen: value[chosen]}
    return {name: _narrowed(part, language, main) for name, part in value.items()}


def _is_texts(value: Mapping[str, Any]) -> bool:
    """Whether it is a map of texts by language; years, the only other names of a map that are free, are no tags."""
    return bool(value) and all(isinstance(text, str) and _is_tag(name) for name, text in value.items())


@lru_cache(maxsize=10_000)
def _is_tag(name: str) -> bool:
    return langcodes.tag_is_valid(name)
