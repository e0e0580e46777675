"""A city's brand: what it is called, what it claims, and colours that everybody can read."""

import re
from typing import Annotated, Self

from pydantic import StringConstraints, model_validator

from services.catalog.entities.values import Texts, Value, WebAddress

LEAST_CONTRAST = 4.5
"""WCAG 2.2, success criterion 1.4.3 (level AA), for text of usual size."""

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$", to_lower=True)]


class ColourPair(Value):
    """A text's colour and the one that it stands on."""

    text: Colour
    background: Colour

    @model_validator(mode="after")
    def _legible(self) -> Self:
        ratio = contrast(self.text, self.background)
        if ratio < LEAST_CONTRAST:
            raise ValueError(
                f"{self.text} on {self.background} has a contrast of {ratio:.2f}; at least {LEAST_CONTRAST} is needed"
            )
        return self


class Brand(Value):
    """How the city shows itself: on badges, pages and reports."""

    claim: Texts = {}
    primary: ColourPair | None = None
    accent: ColourPair | None = None
    logo: WebAddress | None = None
    logo_text: Texts = {}

    @model_validator(mode="after")
    def _logo_described(self) -> Self:
        if self.logo is not None and not self.logo_text:
            raise ValueError("a logo needs a text that says what it shows (logo_text)")
        return self


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21, as WCAG 2.2 defines it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, 0 to 1, as WCAG 2.2 defines it."""
    red, green, blue = (_linear(int(part, 16) / 255) for part in re.findall("[0-9a-fA-F]{2}", colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
