"""Templates of answers: text with blanks such as {request_id}, filled in by replacing and never evaluated."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

BLANKS = frozenset(
    {"request_id", "service_name", "district_name", "jurisdiction_name", "opened_on", "due_on", "address"}
)
"""What can be filled in."""


PIECE = re.compile(r"\{\{|\}\}|\{([a-z_]+)\}|[{}]")
"""A doubled brace, a blank, or a brace that is neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTemplate:
    """A template by its name in a jurisdiction, or for one of its services; its texts by language."""

    id: UUID
    jurisdiction_id: str
    service_id: str | None
    name: str
    texts: Mapping[str, str]
    author: str
    changed_at: datetime

    def language(self, wanted: str | None, otherwise: str | None) -> str:
        """The language to answer in: the one that is wanted, else another one, else the first that there is.

        Raises UnusableTemplate where it has no text in the one that is wanted.
        """
        if wanted is None:
            return otherwise if otherwise is not None and otherwise in self.texts else next(iter(self.texts))
        if wanted not in self.texts:
            raise UnusableTemplate(f"template {self.name!r} is not in {wanted}; it is in {', '.join(self.texts)}")
        return wanted


class NoSuchTemplate(LookupError):
    """There is no template of this id."""


class NameTaken(Exception):
    """There is a template of this name for the same services."""


class UnusableTemplate(ValueError):
    """The template does not fit the request, or its text has a blank that nothing is known of."""


def check(text: str) -> str:
    """The text, if it can be filled in. Raises ValueError."""
    for piece in PIECE.finditer(text):
        if piece[0] in "{}":
            raise ValueError("has a brace that opens or closes no blank; one that is meant is doubled: {{ or }}")
        if piece[1] and piece[1] not in BLANKS:
            raise ValueError(f"{piece[0]} cannot be filled in; there are {', '.join(sorted(BLANKS))}")
    return text


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """The text, which was checked, with its blanks filled in; doubled braces become single ones."""
    return PIECE.sub(lambda piece: values[piece[1]] if piece[1] else piece[0][0], text)
