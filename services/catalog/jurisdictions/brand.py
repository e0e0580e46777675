"""A city's brand: what it is called, what it claims, and colours that everybody can read."""

from typing import Annotated, Self

from pydantic import StringConstraints, model_validator

from services.catalog.entities.values import Texts, Value
from shared.colours import LEAST_CONTRAST, contrast
from shared.text import WebAddress

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
