"""Text from outside: what no database column can hold is refused by name."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from shared.contracts.base import ID_PATTERN


def storable(text: str) -> str:
    """The text, if a database column can hold it. Raises ValueError."""
    if "\0" in text:
        raise ValueError("holds a NUL character")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("holds half of a surrogate pair")
    return text


Storable = AfterValidator(storable)

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Storable]
"""A name or title: one to 200 characters."""

Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000), Storable]
"""A description or comment: up to 4,000 characters."""


def _visible(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds a character that cannot be seen")
    return text


WebAddress = Annotated[
    str, StringConstraints(pattern=r"^https?://[^\s/]+\S*$", max_length=2_000), AfterValidator(_visible), Storable
]
"""A page on the web, which nothing invisible makes look like another."""

EntityId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
"""The id of a catalogue entity."""
