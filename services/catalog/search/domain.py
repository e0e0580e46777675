"""Which texts of an entity are searched, in which language, and what words are looked for."""

import re
from collections import defaultdict
from typing import Any, NamedTuple

from services.catalog.entities.domain import Entity

MOST_WORDS = 12
"""Of a query; what follows narrows nothing any more."""


class Searched(NamedTuple):
    """An entity's texts in one language, by weight: its name, its keywords and the like, its description."""

    language: str
    name: str
    keywords: str
    description: str


def searched(entity: Entity[Any]) -> list[Searched]:
    """All texts of an entity, by language."""
    fields = entity.fields
    main = fields.language or "und"
    names = {main: fields.name}
    descriptions = {main: fields.description}
    keywords: dict[str, list[str]] = defaultdict(list, {main: [*fields.keywords]})
    for language, translation in fields.translations.items():
        names[language] = translation.name or names.get(language, "")
        descriptions[language] = translation.description or descriptions.get(language, "")
        keywords[language] += translation.keywords
    for texts in fields.more_texts():
        for language, text in texts.items():
            keywords[language].append(text)
    return [
        Searched(language, names.get(language, ""), "\n".join(keywords[language]), descriptions.get(language, ""))
        for language in sorted(names.keys() | descriptions.keys() | keywords.keys())
    ]


def words(query: str) -> list[str]:
    """The words of a query, each once."""
    return list(dict.fromkeys(re.findall(r"\w+", query.casefold())))[:MOST_WORDS]


def expression(choices: list[list[str]]) -> str:
    """What PostgreSQL is to look for: of each word one spelling; the last letters of the first may be missing."""
    return " & ".join(f"({' | '.join([f'{_quoted(first)}:*', *map(_quoted, others)])})" for first, *others in choices)


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "").replace("'", "''") + "'"
