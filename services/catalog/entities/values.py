"""The values that fields of entities are made of: languages, texts, links, periods, money, codes."""

import re
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Self

import langcodes
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from shared.contracts.base import ID_PATTERN
from shared.text import ADDRESSABLE, WHOLE, Line, Storable, WebAddress, Written
from shared.times import Day


class Value(BaseModel):
    """Something that a field holds. It is as good as its content: two with the same content are equal."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _language(tag: str) -> str:
    if not langcodes.tag_is_valid(tag):
        raise ValueError("is no language tag of BCP 47, such as en, pt-BR or zh-Hant")
    return langcodes.standardize_tag(tag)


Language = Annotated[str, StringConstraints(min_length=2, max_length=35), AfterValidator(_language)]
"""As `LanguageTag`, for keys."""

TAG = {"pattern": "^([A-Za-z]{2,8}|[IiXx])([-_][A-Za-z0-9]{1,8})*$"}
"""What JSON Schema can say of it; which subtags there are, is in the registry of BCP 47."""

LanguageTag = Annotated[Language, Field(json_schema_extra=TAG)]
"""A language as BCP 47 writes it; taken in any case, kept in the usual one."""

BY_LANGUAGE = Field(max_length=50, json_schema_extra={"propertyNames": {**TAG, "minLength": 2, "maxLength": 35}})

Texts = Annotated[dict[Language, Written], BY_LANGUAGE]
"""One text in several languages, by language tag."""

Iri = Annotated[
    str, StringConstraints(pattern=rf"^[A-Za-z][A-Za-z0-9+.-]*:{ADDRESSABLE}+$", max_length=2_000), Storable
]
"""An absolute address or name of something elsewhere."""

Code = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
"""What something is called in a list of its own: a channel, a requirement, a term of a vocabulary."""

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""ISO 4217."""


def decimal(*, power: int, places: int, negative: bool = False) -> tuple[Any, ...]:
    """Annotations of a decimal number of up to 10 to a power, with so many digits after the point.

    A number of JSON, which is binary to most who write it, is rounded to them; text has no more than them.
    """
    most, sign = 10**power, "-?" if negative else ""
    least = -most if negative else 0
    pattern = rf"^{sign}([0-9]{{1,{power}}}(\.[0-9]{{1,{places}}})?|10{{{power}}}(\.0{{1,{places}}})?)$"
    step = Decimal(1).scaleb(-places)

    def written(value: Any) -> Any:
        if isinstance(value, str) and not re.fullmatch(pattern, value):
            raise ValueError(f"must be a number with up to {places} digits after the point, such as 12.5")
        return value

    def rounded(value: Decimal) -> Decimal:
        return value.quantize(step) if value.as_tuple().exponent < -places else value  # type: ignore[operator]

    number = {"type": "number", "minimum": least, "maximum": most}
    text = {"type": "string", "pattern": pattern}
    return (
        BeforeValidator(written),
        Field(ge=least, le=most, allow_inf_nan=False),
        AfterValidator(rounded),
        WithJsonSchema({"anyOf": [number, text]}, mode="validation"),
        WithJsonSchema(text, mode="serialization"),
    )


Amount = Annotated[Decimal, *decimal(power=15, places=6, negative=True)]
"""A figure, written as a decimal number; as text in JSON, so that none of its digits is lost."""

Share = Annotated[Decimal, *decimal(power=2, places=6)]
"""A part of a whole, in per cent."""

Inhabitants = Annotated[int, Field(strict=True, ge=0, le=100_000_000_000), WHOLE]

Year = Annotated[str, BeforeValidator(lambda year: str(year) if type(year) is int else year),
                 StringConstraints(pattern=r"^[0-9]{4}$")]  # fmt: skip

Populations = Annotated[
    dict[Year, Inhabitants], Field(max_length=300, json_schema_extra={"propertyNames": {"pattern": "^[0-9]{4}$"}})
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

    starts_on: Day
    ends_on: Day | None = None

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

    ends_on: Day


class Translation(Value):
    """An entity's own texts in one more language."""

    name: Line | None = None
    description: Written | None = None
    keywords: Keywords = ()


Translations = Annotated[dict[Language, Translation], BY_LANGUAGE]


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
