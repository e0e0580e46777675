"""The values that fields of entities are made of: languages, texts, links, periods, money, codes."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Self

import langcodes
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from shared.contracts.base import ID_PATTERN
from shared.text import WHOLE, Line, Prose, Storable


class Value(BaseModel):
    """Something that a field holds. It is as good as its content: two with the same content are equal."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _language(tag: str) -> str:
    if not langcodes.tag_is_valid(tag):
        raise ValueError("is no language tag of BCP 47, such as en, pt-BR or zh-Hant")
    return langcodes.standardize_tag(tag)


def _plain_address(address: str) -> str:
    if any(character.isspace() or character in '<>"{}|\\^`' for character in address):
        raise ValueError("holds a character that no address may have")
    return address


Language = Annotated[str, StringConstraints(min_length=2, max_length=35), AfterValidator(_language)]
"""As `LanguageTag`, for keys: of a pattern of keys JSON Schema would say that there may be others beside."""

LanguageTag = Annotated[
    Language, Field(json_schema_extra={"pattern": "^([A-Za-z]{2,8}|[IiXx])([-_][A-Za-z0-9]{1,8})*$"})
]
"""A language as BCP 47 writes it; taken in any case, kept in the usual one."""

Texts = Annotated[dict[Language, Annotated[Prose, StringConstraints(min_length=1)]], Field(max_length=50)]
"""One text in several languages, by language tag."""

Iri = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9+.-]*:\S+$", max_length=2_000),
    Storable,
    AfterValidator(_plain_address),
]
"""An absolute address or name of something elsewhere."""

WebAddress = Annotated[
    Iri, StringConstraints(pattern=r"^https?://[^\s/]+"), Field(json_schema_extra={"pattern": r"^https?://[^\s/]+\S*$"})
]
"""A page on the web."""

Code = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
"""What something is called in a list of its own: a channel, a requirement, a term of a vocabulary."""

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""ISO 4217."""

Amount = Annotated[Decimal, Field(ge=-(10**15), le=10**15, max_digits=21, decimal_places=6, allow_inf_nan=False)]
"""A figure, written as a decimal number; as text in JSON, so that none of its digits is lost."""

Share = Annotated[Decimal, Field(ge=0, le=100, max_digits=9, decimal_places=6, allow_inf_nan=False)]
"""A part of a whole, in per cent."""

Inhabitants = Annotated[int, Field(strict=True, ge=0, le=100_000_000_000), WHOLE]

Year = Annotated[str, BeforeValidator(lambda year: str(year) if type(year) is int else year),
                 StringConstraints(pattern=r"^[0-9]{4}$")]  # fmt: skip

Populations = Annotated[
    dict[Year, Inhabitants], Field(max_length=300, json_schema_extra={"additionalProperties": False})
]
"""Inhabitants by year."""

Keywords = Annotated[tuple[Line, ...], Field(max_length=100)]


class Link(Value):
    """A page elsewhere."""

    url: WebAddress
    title: Line | None = None


class Money(Value):
    """An amount of a currency, in its minor unit (cents)."""

    amount: Annotated[int, Field(strict=True, ge=-(10**17), le=10**17), WHOLE]
    currency: Currency


class Period(Value):
    """From a day to a day, both within; without an end it goes on."""

    starts_on: date
    ends_on: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise ValueError(f"ends on {self.ends_on}, before it starts on {self.starts_on}")
        return self

    def overlaps(self, other: "Period") -> bool:
        """Whether there is a day that both hold."""
        return self.starts_on <= (other.ends_on or date.max) and other.starts_on <= (self.ends_on or date.max)


class ClosedPeriod(Period):
    """From a day to a day, both known."""

    ends_on: date


class Translation(Value):
    """An entity's own texts in one more language."""

    name: Line | None = None
    description: Annotated[Prose, StringConstraints(min_length=1)] | None = None
    keywords: Keywords = ()


Translations = Annotated[dict[Language, Translation], Field(max_length=50)]


def first_overlap(periods: tuple[Period, ...]) -> tuple[Period, Period] | None:
    """Two of the periods that share a day, if any do."""
    ordered = sorted(periods, key=lambda period: period.starts_on)
    return next(((a, b) for a, b in pairwise(ordered) if a.overlaps(b)), None)


def unique(values: tuple[Any, ...], what: str) -> None:
    """Raises ValueError where something is listed twice."""
    seen: set[Any] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{what} {value!r} is listed twice")
        seen.add(value)
