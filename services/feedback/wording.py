"""Text that the city writes, by language."""

from typing import Annotated

from pydantic import Field, StringConstraints

from services.feedback.requests.schemas import Language
from shared.text import SAYS, Line, Storable

MOST_LANGUAGES = 30

Label = dict[Language, Line]
Wording = Annotated[Label, Field(min_length=1, max_length=MOST_LANGUAGES, description="By language")]
"""A title, question or option, in at least one language."""

LongText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000), SAYS, Storable]
LongWording = Annotated[dict[Language, LongText], Field(max_length=MOST_LANGUAGES, description="By language")]
"""What there is to say about something, in any number of languages."""

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
"""What a question or an option is called in answers and exports; never shown to citizens."""


def first_of(wording: dict[str, str]) -> str:
    """A wording in the language that was written first."""
    return next(iter(wording.values()))
