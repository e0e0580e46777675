"""How a city shows itself: its name, its languages, and the colours of its brand."""

import re
from typing import NamedTuple

from shared.colours import LEAST_CONTRAST, contrast
from shared.contracts.catalog.places import ColourPair

COLOUR = re.compile("#[0-9a-fA-F]{6}")
PLAIN = ColourPair(text="#ffffff", background="#1f3a4d")


class Home(NamedTuple):
    """A city. `colours` can always be read: they are the platform's own where the brand's cannot be."""

    id: str
    name: str
    languages: tuple[str, ...]
    colours: ColourPair
    claims: dict[str, str]


def legible(pair: ColourPair | None) -> ColourPair:
    """The pair, if it is one of colours and its contrast is enough."""
    if pair is None or not all(map(COLOUR.fullmatch, (pair.text, pair.background))):
        return PLAIN
    return pair if contrast(pair.text, pair.background) >= LEAST_CONTRAST else PLAIN
